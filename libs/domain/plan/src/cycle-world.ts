import { checkRequiredUse, isEapi } from '@swarm/domain-ebuild';

import type { BuildInputs } from './build-inputs.js';
import type { KnownBuilds } from './known-build.js';
import { nodeOf, type PackageGraph, type PackageNode } from './package-graph.js';
import { matchable, PackageLanguage, type ChangedNeeds } from './package-language.js';
import type { CycleWorld, StandIn } from './stand-in.js';

/** Flags of one package that are tried together, and how many of them may be looked at. */
const MAX_FLIPS_TOGETHER = 3;
const MAX_FLAGS = 8;
/** Flags that are flipped along to satisfy REQUIRED_USE. */
const MAX_REPAIRS = 2;

export interface CycleWorldOptions {
  readonly graph: PackageGraph;
  readonly mustBeBuilt: (node: number) => boolean;
  readonly known: KnownBuilds;
  /** What one build of a node costs, in any unit. */
  readonly costOf: (node: number) => number;
}

/** The members of cycles as Gentoo's language describes them: what flags may be flipped, and what is then needed. */
export function cycleWorld({ graph, mustBeBuilt, known, costOf }: CycleWorldOptions): CycleWorld {
  const { nodes } = graph;
  const language = new PackageLanguage(nodes);
  const nodeAt = (node: number): PackageNode => nodeOf(graph, node);
  const flagsOf = (inputs: BuildInputs): ReadonlySet<string> => language.flagsOf(inputs);
  const names = new WeakMap<ReadonlySet<number>, ReadonlySet<string>>();
  const namesOf = (members: ReadonlySet<number>): ReadonlySet<string> => {
    const found = names.get(members) ?? new Set([...members].map((member) => nodeAt(member).name));
    names.set(members, found);
    return found;
  };
  return {
    build: (node) => nodeAt(node).build,
    run: (node) => nodeAt(node).run,
    post: (node) => nodeAt(node).post,
    mustBeBuilt,
    inputs: (node) => nodeAt(node).inputs,
    accepts: (parent, standIn) => {
      const candidate = matchable(standIn.inputs);
      const { name } = nodeAt(standIn.node);
      return candidate !== undefined && language.accepts(parent, flagsOf(parent), name, candidate);
    },
    earlier: (node, members) =>
      mustBeBuilt(node) ? earlierBuilds({ node, members, graph, known, language, flagsOf }) : [],
    bootstraps: (node, members) => {
      if (!mustBeBuilt(node)) return [];
      return new FlipSearch(node, members, { namesOf, graph, language, flagsOf, cost: costOf(node) }).all();
    },
  };
}

interface EarlierSearch {
  readonly node: number;
  readonly members: ReadonlySet<number>;
  readonly graph: PackageGraph;
  readonly known: KnownBuilds;
  readonly language: PackageLanguage;
  readonly flagsOf: (inputs: BuildInputs) => ReadonlySet<string>;
}

/**
 * Builds of the same slot and sub-slot that the binhost has, as a Gentoo machine has the older version installed
 * while it builds the newer one. What such a build needs at run time is taken from the plan where the plan has it.
 */
function earlierBuilds({ node, members, graph, known, language, flagsOf }: EarlierSearch): StandIn[] {
  const { name, inputs: wanted } = nodeOf(graph, node);
  return (known.byPackage.get(name) ?? [])
    .filter(({ inputs }) => inputs.slot === wanted.slot)
    .flatMap(({ inputs, buildKey }): StandIn[] => {
      const needs = language.needsWith(inputs, flagsOf(inputs), members);
      if (!needs) return [];
      const made = { node, kind: 'earlier', inputs, buildKey, build: [], flips: [], cost: 0 } as const;
      return [{ ...made, run: needs.run }];
    });
}

interface FlipContext {
  /** The names of a component's members; asked for once for each of them. */
  readonly namesOf: (members: ReadonlySet<number>) => ReadonlySet<string>;
  readonly graph: PackageGraph;
  readonly language: PackageLanguage;
  readonly flagsOf: (inputs: BuildInputs) => ReadonlySet<string>;
  readonly cost: number;
}

/** Looks for legal USE changes of one package that make it need fewer of the members of its cycle. */
class FlipSearch {
  readonly #own: PackageNode;
  /** Members that it needs as it is configured. */
  readonly #before: ReadonlySet<number>;
  readonly #fixed: ReadonlySet<string>;

  constructor(
    private readonly node: number,
    private readonly members: ReadonlySet<number>,
    private readonly context: FlipContext,
  ) {
    this.#own = nodeOf(context.graph, node);
    this.#before = new Set([...this.#own.build, ...this.#own.run].filter((child) => members.has(child)));
    this.#fixed = new Set([...this.#own.package.useMasked, ...this.#own.package.useForced]);
  }

  /** Those that no other one beats with fewer flips. */
  all(): StandIn[] {
    const { inputs } = this.#own;
    const names = this.context.namesOf(this.members);
    const free = (flag: string): boolean => !this.#fixed.has(flag) && inputs.iuse.includes(flag);
    const flags = this.context.language.decidingFlags(inputs, names).filter(free).slice(0, MAX_FLAGS);
    const found: StandIn[] = [];
    const seen = new Set<string>();
    for (const flips of subsets(flags, MAX_FLIPS_TOGETHER)) {
      const legal = this.#repaired(flips);
      const standIn = legal && this.#standIn(legal);
      if (!standIn) continue;
      const inside = (children: readonly number[]): string =>
        children
          .filter((child) => this.members.has(child))
          .sort((a, b) => a - b)
          .join(' ');
      const identity = `${inside(standIn.build)}|${inside(standIn.run)}`;
      // Smaller sets come first: what leaves the same members with more flips is worse.
      if (seen.has(identity)) continue;
      seen.add(identity);
      found.push(standIn);
    }
    return found;
  }

  #standIn(flips: readonly string[]): StandIn | undefined {
    const { inputs } = this.#own;
    const { language, flagsOf, cost } = this.context;
    const use = flipped(new Set(inputs.use), flips);
    const needs = language.needsWith(inputs, flipped(flagsOf(inputs), flips), this.members);
    if (!needs || !this.#letsGo(needs)) return undefined;
    return {
      node: this.node,
      kind: 'bootstrap',
      inputs: { ...inputs, use: [...use].sort() },
      buildKey: null,
      build: needs.build,
      run: needs.run,
      flips: flips.map((flag) => (use.has(flag) ? `+${flag}` : `-${flag}`)),
      cost,
    };
  }

  /** The flips, with as few more as REQUIRED_USE asks for; undefined when it forbids them. */
  #repaired(flips: readonly string[]): readonly string[] | undefined {
    if (this.#isLegal(flips)) return flips;
    const { requiredUse } = this.#own.package;
    const others = this.#own.inputs.iuse.filter(
      (flag) => !flips.includes(flag) && !this.#fixed.has(flag) && requiredUse.includes(flag),
    );
    for (const more of subsets(others.slice(0, MAX_FLAGS), MAX_REPAIRS)) {
      if (this.#isLegal([...flips, ...more])) return [...flips, ...more];
    }
    return undefined;
  }

  #isLegal(flips: readonly string[]): boolean {
    const { requiredUse, eapi } = this.#own.package;
    if (requiredUse === '') return true;
    const use = flipped(this.context.flagsOf(this.#own.inputs), flips);
    const verdict = checkRequiredUse(requiredUse, { use, ...(isEapi(eapi) ? { eapi } : {}) });
    return verdict.ok && verdict.value.ok;
  }

  /** Whether a member that was needed to build it, or to run it, no longer is; others may be needed instead. */
  #letsGo({ build, run }: ChangedNeeds): boolean {
    const { build: builtWith, run: ranWith } = this.#own;
    return [...this.#before].some(
      (member) =>
        (builtWith.includes(member) && !build.includes(member)) ||
        (ranWith.includes(member) && !run.includes(member)),
    );
  }
}

function flipped(use: ReadonlySet<string>, flips: readonly string[]): Set<string> {
  const result = new Set(use);
  for (const flag of flips) if (!result.delete(flag)) result.add(flag);
  return result;
}

/** Subsets of one, two, … elements, smaller ones first. */
function* subsets(elements: readonly string[], most: number): Generator<readonly string[]> {
  for (let size = 1; size <= Math.min(most, elements.length); size += 1) yield* subsetsOf(elements, size);
}

function* subsetsOf(elements: readonly string[], size: number): Generator<readonly string[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [i, first] of elements.entries()) {
    for (const rest of subsetsOf(elements.slice(i + 1), size - 1)) yield [first, ...rest];
  }
}
