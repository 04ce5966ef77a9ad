import { packageOf, parseCpv, type Cpv } from '@swarm/domain-ebuild';

import { cycles, heaviestPaths, reachable, reversed, type Graph } from './dependency-graph.js';
import type { EdgeKind, PlanDocument, PlanEdge, PlannedPackage, PlanRoot } from './plan-document.js';

/** A package of a plan that must be built, and what must be there before. */
export interface PlannedJob {
  readonly cpv: Cpv;
  /** Slot with sub-slot. */
  readonly slot: string;
  readonly use: readonly string[];
  readonly repository: string;
  /** See `buildKeyOf`. */
  readonly buildKey: string;
  readonly needs: readonly { readonly buildKey: string; readonly root: PlanRoot }[];
  /** Jobs on the longest chain of dependents that starts here, this one included. */
  readonly criticalPath: number;
  readonly synthetic: PlannedPackage['synthetic'] | null;
}

/** Something about a plan that a person may have to settle. */
export interface Finding {
  readonly kind: string;
  /** One sentence: what, and which packages. */
  readonly text: string;
}

export interface JobGraph {
  /** In an order in which each comes after all that it needs. */
  readonly jobs: readonly PlannedJob[];
  /** Packages that need no build, because an artifact of the same build key is in the binhost. */
  readonly alreadyBuilt: readonly Cpv[];
  /** Every package of the plan with its build key, built or not; what a release consists of. */
  readonly members: readonly { readonly cpv: Cpv; readonly buildKey: string }[];
  readonly findings: readonly Finding[];
}

const BUILD_KINDS: readonly EdgeKind[] = ['buildtime', 'buildtime_slot_op'];
const RUN_KINDS: readonly EdgeKind[] = ['runtime', 'runtime_slot_op', 'runtime_post'];

/** What the resolver asks of its caller. */
export interface ResolverPorts {
  /** Makes a short key of all the inputs of a build; a cryptographic hash, in hex. */
  readonly digest: (inputs: string) => string;
  /** True when the binhost has an artifact of these inputs. */
  readonly isBuilt: (buildKey: string) => boolean;
}

/**
 * From what Portage resolved to what must be built. Pure.
 * A build waits for its build-time dependencies and for all that those need at run time; its own run-time
 * dependencies need not be there. One package wanted in both roots is one job.
 */
export function resolvePlan(document: PlanDocument, { digest, isBuilt }: ResolverPorts): JobGraph {
  const { nodes, edges, findings } = merged(document);
  const buildGraph = graphOf(nodes.length, edges, BUILD_KINDS);
  const runGraph = graphOf(nodes.length, edges, RUN_KINDS);
  const needs = buildGraph.map((children, node) => {
    const closure = reachable(runGraph, children);
    closure.delete(node);
    return [...closure].sort((a, b) => a - b);
  });

  // Only what must be built can hold anything up: a cycle through finished packages is none.
  const keys = inputsOf(nodes, edges).map(digest);
  const built = keys.map((key) => isBuilt(key));
  const toBuild: Graph = needs.map((children, node) =>
    built[node] === true ? [] : children.filter((child) => built[child] !== true),
  );
  const unbreakable = cycles(toBuild);
  const stuck = new Set([...unbreakable.flat(), ...reachable(reversed(toBuild), unbreakable.flat())]);
  const paths = heaviestPaths(reversed(toBuild), () => 1);

  const order = topological(toBuild).filter((node) => built[node] !== true && !stuck.has(node));
  return {
    jobs: order.map((node) => plannedJob(node, { nodes, keys, needs, paths })),
    alreadyBuilt: nodes.filter((_node, i) => built[i] === true).map(({ cpv }) => cpv),
    members: nodes.map(({ cpv }, i) => ({ cpv, buildKey: keys[i] ?? '' })),
    findings: [
      ...findings,
      ...unbreakable.map((members) => circular(members.map((i) => nodes[i]?.cpv ?? ''))),
    ],
  };
}

/** A package of the document, once, whichever roots it is wanted in. */
interface Node extends Omit<PlannedPackage, 'cpv' | 'root'> {
  readonly cpv: Cpv;
}

/** An edge between nodes; the root says where the child is installed for this parent. */
interface NodeEdge {
  readonly parent: number;
  readonly child: number;
  readonly kinds: readonly EdgeKind[];
  readonly root: PlanRoot;
}

interface Merged {
  readonly nodes: readonly Node[];
  readonly edges: readonly NodeEdge[];
  readonly findings: readonly Finding[];
}

/** Joins the two appearances of a package that is wanted in both roots; drops what is no CPV, with a finding. */
function merged(document: PlanDocument): Merged {
  const nodes: Node[] = [];
  const nodeOf = new Map<number, number>();
  const known = new Map<string, number>();
  const findings: Finding[] = document.problems.map(({ kind, text }) => ({ kind, text }));
  for (const [i, { cpv: text, root: _root, ...rest }] of document.packages.entries()) {
    const parsed = parseCpv(text);
    if (!parsed.ok) {
      findings.push({ kind: 'invalid-package', text: parsed.error });
      continue;
    }
    const identity = [text, rest.repository, ...rest.use].join(' ');
    const at = known.get(identity) ?? nodes.push({ cpv: parsed.value.cpv, ...rest }) - 1;
    known.set(identity, at);
    nodeOf.set(i, at);
  }
  const edges = document.edges.flatMap((edge) => nodeEdge(edge, nodeOf, document.packages));
  return { nodes, edges, findings };
}

function nodeEdge(
  { parent, child, kinds }: PlanEdge,
  nodeOf: ReadonlyMap<number, number>,
  packages: readonly PlannedPackage[],
): NodeEdge[] {
  const from = nodeOf.get(parent);
  const to = nodeOf.get(child);
  if (from === undefined || to === undefined) return [];
  return [{ parent: from, child: to, kinds, root: packages[child]?.root ?? 'target' }];
}

function graphOf(size: number, edges: readonly NodeEdge[], kinds: readonly EdgeKind[]): number[][] {
  const graph: Set<number>[] = Array.from({ length: size }, () => new Set());
  for (const edge of edges) {
    if (edge.kinds.some((kind) => kinds.includes(kind))) graph[edge.parent]?.add(edge.child);
  }
  return graph.map((children) => [...children]);
}

/**
 * Everything that decides each binary, as one line: package, slot, USE, repository, dependency strings, and the
 * sub-slots that its slot operators bind to. Two packages with equal lines need one build (S33).
 */
function inputsOf(nodes: readonly Node[], edges: readonly NodeEdge[]): string[] {
  const bound = nodes.map(() => new Set<string>());
  for (const { parent, child, kinds } of edges) {
    const to = nodes[child];
    if (!to || !kinds.some((kind) => kind.endsWith('_slot_op'))) continue;
    bound[parent]?.add(`${packageOf(to.cpv)}:${to.slot}/${to.subslot}`);
  }
  return nodes.map((node, i) => {
    const dependencies = Object.keys(node.dependencies)
      .sort()
      .map((name) => `${name}=${(node.dependencies[name] ?? '').split(/\s+/).join(' ').trim()}`);
    return [
      node.cpv,
      `slot=${node.slot}/${node.subslot}`,
      `repository=${node.repository}`,
      `use=${[...node.use].sort().join(' ')}`,
      ...dependencies,
      `bound=${[...(bound[i] ?? [])].sort().join(' ')}`,
    ].join('|');
  });
}

interface Resolved {
  readonly nodes: readonly Node[];
  readonly keys: readonly string[];
  readonly needs: readonly (readonly number[])[];
  readonly paths: readonly number[];
}

function plannedJob(node: number, { nodes, keys, needs, paths }: Resolved): PlannedJob {
  const found = nodes[node];
  if (!found) throw new Error(`node ${node} is not in the graph`);
  return {
    cpv: found.cpv,
    slot: `${found.slot}/${found.subslot}`,
    use: [...found.use].sort(),
    repository: found.repository,
    buildKey: keys[node] ?? '',
    needs: (needs[node] ?? []).map((child) => ({ buildKey: keys[child] ?? '', root: 'target' as const })),
    criticalPath: paths[node] ?? 1,
    synthetic: found.synthetic ?? null,
  };
}

function circular(members: readonly string[]): Finding {
  return { kind: 'circular', text: `${members.join(', ')} need each other before they can be built` };
}

/** Children before parents; members of a cycle in any order. */
function topological(graph: Graph): number[] {
  const done = new Set<number>();
  const order: number[] = [];
  for (const start of graph.keys()) {
    const stack = [start];
    const entered = new Set<number>();
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const missing = entered.has(node) ? [] : (graph[node] ?? []).filter((child) => !done.has(child));
      entered.add(node);
      if (missing.length > 0) {
        stack.push(...missing.filter((child) => !entered.has(child)));
        continue;
      }
      stack.pop();
      if (!done.has(node)) order.push(node);
      done.add(node);
    }
  }
  return order;
}
