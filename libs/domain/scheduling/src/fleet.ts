import type { Drone } from '@swarm/domain-drone';
import type { OpenJob } from '@swarm/domain-job';

/** A drone as placement sees it. */
export interface FleetDrone {
  readonly drone: Drone;
  /** Reference time that it does in the same time of its own; 1 is the reference drone. */
  readonly speed: number;
  /** What an attempt costs there beside the build: installing dependencies, the way to the binhost. */
  readonly overheadMs: number;
  /** Pieces of work that it holds and that are no jobs of the board in its hand: resolving, or what was taken back. */
  readonly otherWork: number;
}

/** What a package is known to need, learned from its attempts (DESIGN 6). */
export interface ResourceNeed {
  /** Memory of the machine, in bytes; 0 when nothing is known. */
  readonly memoryBytes: number;
  /** Free disk, in bytes; 0 when nothing is known. */
  readonly diskBytes: number;
  /** How often it ran out of memory: each time halves `-j` (Q10). */
  readonly timesOutOfMemory: number;
}

export const nothingKnown: ResourceNeed = { memoryBytes: 0, diskBytes: 0, timesOutOfMemory: 0 };

/** What placement asks of its caller, of jobs and drones. All of them answer at once: no I/O behind them. */
export interface PlacementFacts {
  /** How a profile is built; undefined for one that is not known. */
  readonly kindOf: (profile: string) => 'portage' | 'synthetic' | undefined;
  /** Why a drone is not asked for a profile again yet, after it refused; undefined when it may be (S17). */
  readonly refusalOf: (drone: string, profile: string) => string | undefined;
  readonly needOf: (job: OpenJob) => ResourceNeed;
  /** True for a package that was built before. */
  readonly isKnownToBuild: (job: OpenJob) => boolean;
  /** Drones that built the package before, and may have its objects in ccache. */
  readonly builtOn: (job: OpenJob) => ReadonlySet<string>;
}
