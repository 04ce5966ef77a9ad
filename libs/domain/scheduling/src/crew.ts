import type { DroneName, OpenJob } from '@swarm/domain-job';

import type { BoardJob } from './board-job.js';
import { DroneTree, type Ending, type Wanted } from './drone-tree.js';
import { nothingKnown, type PlacementFacts, type ResourceNeed } from './fleet.js';
import type { FleetTable } from './fleet-table.js';
import type { Exclusion } from './not-placed.js';
import { misfit, obstacle, shortage } from './obstacle.js';

/** A drone that built the package before is taken for so much faster: its ccache knows the objects. */
const CACHE_GAIN = 0.95;

const NOBODY: readonly number[] = [];

/** Where a job would end first, and where among the drones with a free slot. */
export interface Choice {
  readonly soonest: Ending;
  readonly free: Ending;
}

/** Who comes into question for a job, and why the others do not. */
export interface Candidates {
  readonly at: readonly number[];
  readonly excluded: readonly Exclusion[];
}

/** The drones that may be asked for one profile, in one round. */
export class Crew {
  readonly #able: readonly number[];
  readonly #members: ReadonlySet<number>;
  readonly #tree: DroneTree;
  readonly #candidates = new Map<string, Candidates>();

  constructor(
    /** Any job of the profile. */
    private readonly sample: OpenJob,
    private readonly table: FleetTable,
    private readonly about: { readonly facts: PlacementFacts; readonly now: Date },
  ) {
    const able: number[] = [];
    for (const [at, each] of table.drones.entries()) {
      if ((table.limit[at] ?? 0) > 0 && misfit(sample, each, about.facts) === undefined) able.push(at);
    }
    this.#able = able;
    this.#members = new Set(this.#able);
    this.#tree = new DroneTree(table, this.#able);
  }

  /** False when none of them has a free slot. */
  get hasRoom(): boolean {
    return this.#tree.hasRoom;
  }

  has(at: number): boolean {
    return this.#members.has(at);
  }

  /** Takes over what the table says of a drone now. */
  update(at: number): void {
    this.#tree.update(at);
  }

  /**
   * The drones that end a job first; undefined where nobody can build it. One that lacks memory or disk is taken only
   * where all do, and one that failed it only where there is no other, be it busy (S26).
   */
  choose({ job, expectedMs }: BoardJob): Choice | undefined {
    const need = this.about.facts.needOf(job);
    const failed = job.failedOn.length === 0 ? NOBODY : this.#placesOf(job.failedOn);
    const needs = isNothing(need) ? [nothingKnown] : [need, nothingKnown];
    for (const least of needs) {
      for (const without of failed.length === 0 ? [NOBODY] : [failed, NOBODY]) {
        const wanted = { expectedMs, need: least, without };
        const soonest = this.#tree.soonest(wanted);
        if (soonest.at < 0) continue;
        return this.#withCaches(job, wanted, { soonest, free: this.#tree.soonestFree(wanted) });
      }
    }
    return undefined;
  }

  /** Who comes into question for a job, whether or not it is busy. */
  candidatesFor(job: OpenJob): Candidates {
    const need = this.about.facts.needOf(job);
    const key = `${need.memoryBytes} ${need.diskBytes}`;
    const known = this.#candidates.get(key);
    if (known) return known;
    const ample = this.#able.filter((at) => this.#has(at, need));
    const at = ample.length > 0 ? ample : this.#able;
    const made = { at, excluded: this.#excluded(new Set(at), need) };
    this.#candidates.set(key, made);
    return made;
  }

  /** Those of the candidates that did not fail the job, unless all did. */
  preferred({ failedOn }: OpenJob, at: readonly number[]): readonly number[] {
    const untried = at.filter((each) => !failedOn.includes(this.table.nameOf(each) as DroneName));
    return untried.length > 0 ? untried : at;
  }

  /** Only drones that end it sooner with their cache change the choice: the others are as fast as they were taken for. */
  #withCaches(job: OpenJob, wanted: Wanted, choice: Choice): Choice {
    let { soonest, free } = choice;
    for (const name of this.about.facts.builtOn(job)) {
      const at = this.table.placeOf(name);
      if (at === undefined || !this.has(at) || wanted.without.includes(at) || !this.#has(at, wanted.need))
        continue;
      const ending = { at, endMs: this.table.endMs(at, wanted.expectedMs * CACHE_GAIN) };
      soonest = sooner(ending, soonest);
      if ((this.table.free[at] ?? 0) > 0) free = sooner(ending, free);
    }
    return { soonest, free };
  }

  #has(at: number, need: ResourceNeed): boolean {
    const each = this.table.drones[at];
    return each !== undefined && shortage(each, need) === undefined;
  }

  #excluded(candidates: ReadonlySet<number>, need: ResourceNeed): Exclusion[] {
    const { facts, now } = this.about;
    return this.table.drones.flatMap((each, at): Exclusion[] => {
      if (candidates.has(at)) return [];
      const because = obstacle(this.sample, each, facts, now) ?? shortage(each, need);
      return because === undefined ? [] : [{ drone: each.drone.name, because }];
    });
  }

  #placesOf(names: readonly string[]): readonly number[] {
    return names.flatMap((name) => this.table.placeOf(name) ?? []);
  }
}

function isNothing({ memoryBytes, diskBytes }: ResourceNeed): boolean {
  return memoryBytes === 0 && diskBytes === 0;
}

function sooner(a: Ending, b: Ending): Ending {
  return a.endMs < b.endMs || (a.endMs === b.endMs && a.at < b.at) ? a : b;
}
