import { parseCpv, type Cpv } from '@swarm/domain-ebuild';

import type { BuildInputs } from './build-inputs.js';
import { stronglyConnected } from './dependency-graph.js';
import type { EdgeKind, PlanDocument, PlannedPackage, PlanProblem } from './plan-document.js';

/** A package of the document, once, whichever roots it is wanted in. Dependencies are indices of other nodes. */
export interface PackageNode {
  readonly cpv: Cpv;
  /** `category/name`. */
  readonly name: string;
  readonly package: PlannedPackage;
  readonly inputs: BuildInputs;
  /** What must be usable before it is built. */
  readonly build: readonly number[];
  /** What it needs to be usable (RDEPEND, IDEPEND). */
  readonly run: readonly number[];
  /** What it needs only some time after (PDEPEND, PMS 8.1). */
  readonly post: readonly number[];
  /** What its slot operators bind to. */
  readonly bound: readonly number[];
}

export interface PackageGraph {
  readonly nodes: readonly PackageNode[];
  /** Nodes that need each other, one way or another, together; what is needed comes first. */
  readonly components: readonly (readonly number[])[];
  /** Entries of the document that are no packages. */
  readonly problems: readonly PlanProblem[];
}

/** A node of a graph; throws for one that is not in it. */
export function nodeOf({ nodes }: PackageGraph, node: number): PackageNode {
  const found = nodes[node];
  if (!found) throw new Error(`node ${node} is not in the graph`);
  return found;
}

/** Joins the two appearances of a package that is wanted in both roots, and sorts its edges by what they hold up. */
export function packageGraph(document: PlanDocument): PackageGraph {
  const { packages, placeOf, problems } = distinctPackages(document);
  const edges = edgesByParent(document.edges, placeOf, packages.length);
  const lists = new DependencyLists();
  const nodes = packages.map((found, place): PackageNode => {
    lists.clear();
    for (let at = edges.starts[place] ?? 0; at < (edges.starts[place + 1] ?? 0); at += 1) {
      const edge = document.edges[edges.order[at] ?? -1];
      const child = placeOf[edge?.child ?? -1] ?? -1;
      if (edge && child >= 0 && child !== place) lists.add(child, edge.kinds);
    }
    const { build, run, post, bound } = lists.taken();
    const inputs = inputsOf(found, bound, packages, document.environments);
    return { cpv: found.cpv, name: found.name, package: found.package, inputs, build, run, post, bound };
  });
  const components = stronglyConnected(
    nodes.map(({ build, run, post }) =>
      run.length === 0 && post.length === 0 ? build : build.concat(run, post),
    ),
  );
  return { nodes, components, problems };
}

/** Edges in order of their parents: those of node n are `order[starts[n]]` to `order[starts[n + 1] - 1]`. */
interface EdgesByParent {
  readonly starts: Int32Array;
  readonly order: Int32Array;
}

function edgesByParent(edges: PlanDocument['edges'], placeOf: Int32Array, size: number): EdgesByParent {
  const add = (counts: Int32Array, at: number, more: number): void => {
    counts[at] = (counts[at] ?? 0) + more;
  };
  const starts = new Int32Array(size + 1);
  const places = Int32Array.from(edges, ({ parent }) => placeOf[parent] ?? -1);
  for (const place of places) if (place >= 0) add(starts, place + 1, 1);
  for (let place = 0; place < size; place += 1) add(starts, place + 1, starts[place] ?? 0);
  const next = starts.slice();
  const order = new Int32Array(starts[size] ?? 0);
  for (const [edge, place] of places.entries()) {
    if (place < 0) continue;
    order[next[place] ?? 0] = edge;
    add(next, place, 1);
  }
  return { starts, order };
}

const NONE: readonly number[] = [];

/** The dependencies of one node while they are gathered; used again for each, because there are tens of thousands. */
class DependencyLists {
  readonly #build: number[] = [];
  readonly #run: number[] = [];
  readonly #post: number[] = [];
  readonly #bound: number[] = [];

  clear(): void {
    for (const list of [this.#build, this.#run, this.#post, this.#bound]) list.length = 0;
  }

  add(child: number, kinds: readonly EdgeKind[]): void {
    for (const kind of kinds) {
      if (kind === 'runtime_post') addOnce(this.#post, child);
      else addOnce(kind.startsWith('buildtime') ? this.#build : this.#run, child);
      if (kind.endsWith('_slot_op')) addOnce(this.#bound, child);
    }
  }

  /** Copies that are no larger than they must be. What is needed at run time is not needed only some time after. */
  taken(): Pick<PackageNode, 'build' | 'run' | 'post' | 'bound'> {
    const kept = (list: readonly number[]): readonly number[] => (list.length === 0 ? NONE : list.slice());
    const post = this.#post.filter((child) => !this.#run.includes(child));
    return { build: kept(this.#build), run: kept(this.#run), post: kept(post), bound: kept(this.#bound) };
  }
}

interface Found {
  readonly cpv: Cpv;
  readonly name: string;
  readonly package: PlannedPackage;
}

function distinctPackages(document: PlanDocument): {
  readonly packages: readonly Found[];
  readonly placeOf: Int32Array;
  readonly problems: readonly PlanProblem[];
} {
  const packages: Found[] = [];
  const placeOf = new Int32Array(document.packages.length).fill(-1);
  const byCpv = new Map<string, number[]>();
  const problems: PlanProblem[] = [];
  for (const [i, each] of document.packages.entries()) {
    const parsed = parseCpv(each.cpv);
    if (!parsed.ok) {
      const text = parsed.error;
      problems.push({ kind: 'invalid-package', text, packages: [each.cpv], parents: [], remedies: [] });
      continue;
    }
    const same = byCpv.get(each.cpv);
    const known = same?.find((place) => isSame(packages[place]?.package, each));
    if (known !== undefined) {
      placeOf[i] = known;
      continue;
    }
    const { cpv, category, pn } = parsed.value;
    const place = packages.push({ cpv, name: `${category}/${pn}`, package: each }) - 1;
    placeOf[i] = place;
    if (same) same.push(place);
    else byCpv.set(each.cpv, [place]);
  }
  return { packages, placeOf, problems };
}

/** One package that is wanted in both roots, in the same shape. */
function isSame(known: PlannedPackage | undefined, other: PlannedPackage): boolean {
  return known?.repository === other.repository && known.use.join(' ') === other.use.join(' ');
}

function addOnce(children: number[], child: number): void {
  if (!children.includes(child)) children.push(child);
}

function inputsOf(
  { cpv, package: found }: Found,
  bound: readonly number[],
  packages: readonly Found[],
  environments: PlanDocument['environments'],
): BuildInputs {
  return {
    cpv,
    slot: `${found.slot}/${found.subslot}`,
    repository: found.repository,
    use: sorted(found.use),
    iuse: sorted(found.iuse.map(withoutDefault)),
    eapi: found.eapi,
    dependencies: tidy(found.dependencies),
    bound: bound.length === 0 ? NOTHING_BOUND : bound.map((child) => slotText(packages[child])).sort(),
    source: found.sourceDigest ?? '',
    environment: environments[found.environment ?? -1] ?? NO_ENVIRONMENT,
  };
}

const NOTHING_BOUND: readonly string[] = [];
const NO_ENVIRONMENT = {};

function slotText(bound: Found | undefined): string {
  return bound ? `${bound.name}:${bound.package.slot}/${bound.package.subslot}` : '';
}

function withoutDefault(flag: string): string {
  return flag.startsWith('+') || flag.startsWith('-') ? flag.slice(1) : flag;
}

/** The same list where it is in order already, as the shim writes it. */
function sorted(words: readonly string[]): readonly string[] {
  for (let i = 1; i < words.length; i += 1) {
    if ((words[i - 1] ?? '') >= (words[i] ?? '')) return [...new Set(words)].sort();
  }
  return words;
}

function tidy(dependencies: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = Object.keys(dependencies);
  if (!names.some((name) => UNTIDY.test(dependencies[name] ?? ''))) return dependencies;
  return Object.fromEntries(
    names.map((name) => [name, (dependencies[name] ?? '').split(/\s+/).join(' ').trim()]),
  );
}

/** White space other than single spaces between words. Rare: the shim normalises it. */
const UNTIDY = /\s\s|[^\S ]|^\s|\s$/;
