import { parseCpv, type Cpv } from '@swarm/domain-ebuild';

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
  /** What its slot operators bind to. */
  readonly bound: readonly number[];
}

export interface PackageGraph {
  readonly nodes: readonly PackageNode[];
  /** Entries of the document that are no packages. */
  readonly problems: readonly PlanProblem[];
}

/** Short lists, not sets: there are four for each of tens of thousands of packages. */
interface Dependencies {
  readonly build: number[];
  readonly run: number[];
  readonly post: number[];
  readonly bound: number[];
}

function noDependencies(): Dependencies {
  return { build: [], run: [], post: [], bound: [] };
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
    const slots = bound.flatMap((child) => packages[child] ?? []);
    return {
      cpv: found.cpv,
      name: found.name,
      package: found.package,
      inputs: inputsOf(found, slots, document.environments),
      build,
      run,
      bound,
      post: post.length === 0 ? post : post.filter((child) => !run.includes(child)),
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

function addEdge({ build, run, post, bound }: Dependencies, child: number, kind: EdgeKind): void {
  switch (kind) {
    case 'buildtime_slot_op':
      addOnce(bound, child);
      addOnce(build, child);
      break;
    case 'buildtime':
      addOnce(build, child);
      break;
    case 'runtime_slot_op':
      addOnce(bound, child);
      addOnce(run, child);
      break;
    case 'runtime':
      addOnce(run, child);
      break;
    case 'runtime_post':
      addOnce(post, child);
      break;
  }
}

function addOnce(children: number[], child: number): void {
  if (!children.includes(child)) children.push(child);
}

function inputsOf(
  { cpv, package: found }: Found,
  bound: readonly Found[],
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
    bound: bound.map(({ name, package: to }) => `${name}:${to.slot}/${to.subslot}`).sort(),
    source: found.sourceDigest ?? '',
    environment: environments[found.environment ?? -1] ?? {},
  };
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
