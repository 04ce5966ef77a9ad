import type { BuildInputs } from './build-inputs.js';

/**
 * Another build of a package, which takes its place while the members of a cycle are built:
 * an earlier one that the binhost has, or a stage-1 build with other USE flags that is made for the purpose.
 */
export interface StandIn {
  /** The node in whose place it stands. */
  readonly node: number;
  readonly kind: 'earlier' | 'bootstrap';
  readonly inputs: BuildInputs;
  /** Key of an earlier build; null for one that is still to be made. */
  readonly buildKey: string | null;
  /** What must be usable before it is built; nothing for an earlier one. */
  readonly build: readonly number[];
  /** What it needs to be usable. */
  readonly run: readonly number[];
  /** USE changes against the full build, e.g. `-shaper`. */
  readonly flips: readonly string[];
  /** What making it costs, beside the full build. */
  readonly cost: number;
}

/** How the cycles of one component are opened. */
export interface Opening {
  /** By node. */
  readonly standIns: ReadonlyMap<number, StandIn>;
  /** Run-time edges that are not waited for inside the component, as `from → set of to`. */
  readonly dropped: ReadonlyMap<number, ReadonlySet<number>>;
}

/** What is known of a cycle's members from outside. */
export interface CycleWorld {
  readonly build: (node: number) => readonly number[];
  readonly run: (node: number) => readonly number[];
  readonly post: (node: number) => readonly number[];
  readonly mustBeBuilt: (node: number) => boolean;
  /** Whether what the parent asks of the child's package is met by the stand-in. */
  readonly accepts: (parent: BuildInputs, standIn: StandIn) => boolean;
  readonly inputs: (node: number) => BuildInputs;
  /** Earlier builds that could stand in for a member, best first. */
  readonly earlier: (node: number, members: ReadonlySet<number>) => readonly StandIn[];
  /** Stage-1 builds of a member that need fewer of the others, cheapest first. */
  readonly bootstraps: (node: number, members: ReadonlySet<number>) => readonly StandIn[];
}
