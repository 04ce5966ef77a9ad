import { packageOf, parseCpv, type Cpv } from '@swarm/domain-ebuild';

import type { BuildInputs } from './build-inputs.js';
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
}

export interface PackageGraph {
  readonly nodes: readonly PackageNode[];
  /** Entries of the document that are no packages. */
  readonly problems: readonly PlanProblem[];
}

interface Dependencies {
  readonly build: Set<number>;
  readonly run: Set<number>;
  readonly post: Set<number>;
  readonly bound: Set<number>;
}

function noDependencies(): Dependencies {
  return { build: new Set(), run: new Set(), post: new Set(), bound: new Set() };
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
  const dependencies = packages.map(noDependencies);
  for (const { parent, child, kinds } of document.edges) {
    const from = dependencies[placeOf[parent] ?? -1];
    const to = placeOf[child] ?? -1;
    if (!from || to < 0 || to === placeOf[parent]) continue;
    for (const kind of kinds) addEdge(from, to, kind);
  }
  const nodes = packages.map((found, i): PackageNode => {
    const { build, run, post, bound } = dependencies[i] ?? noDependencies();
    const slots = [...bound].flatMap((child) => packages[child] ?? []);
    return {
      cpv: found.cpv,
      name: found.name,
      package: found.package,
      inputs: inputsOf(found, slots, document.environments),
      build: [...build],
      run: [...run],
      post: [...post].filter((child) => !run.has(child)),
    };
  });
  return { nodes, problems };
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
  const known = new Map<string, number>();
  const problems: PlanProblem[] = [];
  for (const [i, each] of document.packages.entries()) {
    const parsed = parseCpv(each.cpv);
    if (!parsed.ok) {
      const text = parsed.error;
      problems.push({ kind: 'invalid-package', text, packages: [each.cpv], parents: [], remedies: [] });
      continue;
    }
    const identity = `${each.cpv} ${each.repository} ${each.use.join(' ')}`;
    let at = known.get(identity);
    if (at === undefined) {
      at = packages.push({ cpv: parsed.value.cpv, name: packageOf(parsed.value.cpv), package: each }) - 1;
      known.set(identity, at);
    }
    placeOf[i] = at;
  }
  return { packages, placeOf, problems };
}

function addEdge({ build, run, post, bound }: Dependencies, child: number, kind: EdgeKind): void {
  switch (kind) {
    case 'buildtime_slot_op':
      bound.add(child);
      build.add(child);
      break;
    case 'buildtime':
      build.add(child);
      break;
    case 'runtime_slot_op':
      bound.add(child);
      run.add(child);
      break;
    case 'runtime':
      run.add(child);
      break;
    case 'runtime_post':
      post.add(child);
      break;
  }
}

function inputsOf(
  { cpv, package: found }: Found,
  bound: readonly Found[],
  environments: PlanDocument['environments'],
): BuildInputs {
  const dependencies: Record<string, string> = {};
  for (const [name, text] of Object.entries(found.dependencies)) dependencies[name] = oneLine(text);
  return {
    cpv,
    slot: `${found.slot}/${found.subslot}`,
    repository: found.repository,
    use: [...found.use].sort(),
    iuse: [...new Set(found.iuse.map((flag) => flag.replace(/^[+-]/, '')))].sort(),
    eapi: found.eapi,
    dependencies,
    bound: bound.map(({ name, package: to }) => `${name}:${to.slot}/${to.subslot}`).sort(),
    source: found.sourceDigest ?? '',
    environment: environments[found.environment ?? -1] ?? {},
  };
}

/** Most strings are tidy already, and there are five for each of thousands of packages. */
function oneLine(text: string): string {
  return /\s\s|[^\S ]|^\s|\s$/.test(text) ? text.split(/\s+/).join(' ').trim() : text;
}
