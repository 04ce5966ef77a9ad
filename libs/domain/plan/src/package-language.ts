import {
  chosenAtoms,
  evaluateDependencies,
  flattenAtoms,
  isEapi,
  matchesAtom,
  packageOf,
  parseDependencies,
  splitCpv,
  type Atom,
  type DependencyNode,
  type Eapi,
  type EvaluatedNode,
  type MatchablePackage,
} from '@swarm/domain-ebuild';

import type { BuildInputs } from './build-inputs.js';
import type { PackageNode } from './package-graph.js';
import type { DependencyClass } from './plan-document.js';

/** The classes whose packages must be usable before a build (PMS 8.1), and those that make a package usable. */
const BUILD_CLASSES: readonly DependencyClass[] = ['DEPEND', 'BDEPEND'];
const RUN_CLASSES: readonly DependencyClass[] = ['RDEPEND', 'IDEPEND'];

/** What a package would need with other flags, as nodes of the same graph. */
export interface ChangedNeeds {
  readonly build: readonly number[];
  readonly run: readonly number[];
}

/** Reads the packages of one graph: what they would need with other flags, and what they ask of each other. */
export class PackageLanguage {
  readonly #parsed = new Map<string, readonly DependencyNode[] | undefined>();
  readonly #byName = new Map<string, number[]>();
  readonly #flags = new Map<BuildInputs, ReadonlySet<string>>();
  readonly #matchable = new Map<number, MatchablePackage | undefined>();

  constructor(private readonly nodes: readonly PackageNode[]) {
    for (const [i, { name }] of nodes.entries()) {
      const same = this.#byName.get(name);
      if (same) same.push(i);
      else this.#byName.set(name, [i]);
    }
  }

  /** The flags that conditionals of a package are evaluated with: its own, and the implicit ones of the profile. */
  flagsOf(inputs: BuildInputs): ReadonlySet<string> {
    const known = this.#flags.get(inputs);
    if (known) return known;
    const [first = -1] = this.#byName.get(packageOf(inputs.cpv)) ?? [];
    const own = new Set(inputs.iuse);
    const implicit = (this.nodes[first]?.package.useFull ?? []).filter((flag) => !own.has(flag));
    const flags = new Set([...implicit, ...inputs.use]);
    this.#flags.set(inputs, flags);
    return flags;
  }

  /** The flags whose value decides whether one of these packages is needed. */
  decidingFlags(inputs: BuildInputs, names: ReadonlySet<string>): string[] {
    const flags = new Set<string>();
    for (const name of [...BUILD_CLASSES, ...RUN_CLASSES]) {
      for (const node of this.#nodesOf(inputs, name) ?? []) collectDeciding(node, names, flags);
    }
    return [...flags].sort();
  }

  /**
   * What the package needs when these flags are on. Of a choice, an alternative without `avoided` is taken if there
   * is one. Undefined when something is needed that the graph does not have, or cannot be read.
   */
  needsWith(
    inputs: BuildInputs,
    use: ReadonlySet<string>,
    avoided: ReadonlySet<number>,
  ): ChangedNeeds | undefined {
    const build = this.#needs(inputs, BUILD_CLASSES, use, avoided);
    const run = this.#needs(inputs, RUN_CLASSES, use, avoided);
    return build && run ? { build: [...build], run: [...run] } : undefined;
  }

  /** Whether another build of a package meets everything that a parent asks of that package. */
  accepts(parent: BuildInputs, use: ReadonlySet<string>, name: string, candidate: MatchablePackage): boolean {
    for (const dependencies of [...BUILD_CLASSES, ...RUN_CLASSES]) {
      for (const atom of this.#atomsFor(parent, dependencies, use, name)) {
        if (!matchesAtom(atom, candidate)) return false;
      }
    }
    return true;
  }

  #atomsFor(
    parent: BuildInputs,
    dependencies: DependencyClass,
    use: ReadonlySet<string>,
    name: string,
  ): Atom[] {
    const text = parent.dependencies[dependencies];
    if (text?.includes(name) !== true) return [];
    const nodes = evaluateDependencies(this.#nodesOf(parent, dependencies) ?? [], use, eapiOf(parent));
    return flattenAtoms<Atom>(nodes).filter((atom) => atom.name === name && atom.blocker === undefined);
  }

  #needs(
    inputs: BuildInputs,
    classes: readonly DependencyClass[],
    use: ReadonlySet<string>,
    avoided: ReadonlySet<number>,
  ): Set<number> | undefined {
    const found = new Set<number>();
    for (const name of classes) {
      const nodes = this.#nodesOf(inputs, name);
      if (!nodes) return undefined;
      for (const node of evaluateDependencies(nodes, use, eapiOf(inputs))) {
        const needed = this.#chosen(node, avoided);
        if (!needed) return undefined;
        for (const child of needed) found.add(child);
      }
    }
    return found;
  }

  #chosen(node: EvaluatedNode, avoided: ReadonlySet<number>): number[] | undefined {
    const outside = (atom: Atom): boolean =>
      atom.blocker !== undefined || this.#matches(atom).some((child) => !avoided.has(child));
    const anywhere = (atom: Atom): boolean => atom.blocker !== undefined || this.#matches(atom).length > 0;
    const mild = chosenAtoms([node], outside);
    const atoms = mild.ok ? mild : chosenAtoms([node], anywhere);
    if (!atoms.ok) return undefined;
    return atoms.value
      .filter(({ blocker }) => blocker === undefined)
      .flatMap((atom) => {
        const matches = this.#matches(atom);
        return matches.find((child) => !avoided.has(child)) ?? matches.slice(0, 1);
      });
  }

  #matches(atom: Atom): number[] {
    return (this.#byName.get(atom.name) ?? []).filter((child) => {
      const candidate = this.#matchableAt(child);
      return candidate !== undefined && matchesAtom(atom, candidate);
    });
  }

  #matchableAt(node: number): MatchablePackage | undefined {
    if (!this.#matchable.has(node)) {
      const inputs = this.nodes[node]?.inputs;
      this.#matchable.set(node, inputs && matchable(inputs));
    }
    return this.#matchable.get(node);
  }

  /** Parsed once: many packages share their strings through eclasses. Undefined for what cannot be read. */
  #nodesOf(inputs: BuildInputs, name: DependencyClass): readonly DependencyNode[] | undefined {
    const text = inputs.dependencies[name] ?? '';
    if (text === '') return [];
    const key = `${inputs.eapi} ${text}`;
    if (!this.#parsed.has(key)) {
      const parsed = parseDependencies(text, eapiOf(inputs));
      this.#parsed.set(key, parsed.ok ? parsed.value : undefined);
    }
    return this.#parsed.get(key);
  }
}

/** A build as atoms see it; undefined for what has no CPV. */
export function matchable(inputs: BuildInputs): MatchablePackage | undefined {
  const cpv = splitCpv(inputs.cpv);
  if (!cpv.ok) return undefined;
  const [slot = '', subslot = slot] = inputs.slot.split('/');
  return {
    cpv: cpv.value,
    slot,
    subslot,
    repository: inputs.repository,
    use: new Set(inputs.use),
    iuse: new Set(inputs.iuse),
  };
}

function eapiOf({ eapi }: BuildInputs): { readonly eapi?: Eapi } {
  return isEapi(eapi) ? { eapi } : {};
}

/** Adds the flags on the way to any atom of these names; true when there was one below. */
function collectDeciding(node: DependencyNode, names: ReadonlySet<string>, flags: Set<string>): boolean {
  if (node.kind === 'item') return node.item.blocker === undefined && names.has(node.item.name);
  let leads = false;
  for (const child of node.children) leads = collectDeciding(child, names, flags) || leads;
  if (leads && node.kind === 'use-conditional') flags.add(node.flag);
  return leads;
}
