import { failureClassOf, memoryNeedAfter } from '@swarm/domain-blame';
import type { Drone } from '@swarm/domain-drone';
import type { Attempt, JobId } from '@swarm/domain-job';
import type { Profile } from '@swarm/domain-plan';
import {
  nothingKnown,
  WorkBoard,
  type FleetDrone,
  type Pause,
  type ResourceNeed,
  type WhyView,
} from '@swarm/domain-scheduling';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BuildTimes } from './build-times.js';
import type { Refusals } from './refusals.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'policy'>;

/** What one round knows beside the jobs. */
export interface RoundFacts {
  readonly drones: readonly Drone[];
  readonly kinds: ReadonlyMap<string, Profile['kind']>;
  /** Pieces of work that each drone holds. */
  readonly load: ReadonlyMap<string, number>;
  /** The pause that a plan is under; undefined where there is none. */
  readonly pauseOf: (plan: string) => Pause | undefined;
}

const NOWHERE: ReadonlySet<string> = new Set();

/** Puts together what placing and explaining are decided from: the board, the fleet, and what is known of packages. */
export class PlacementFacts {
  #view: WhyView;
  /** What jobs that failed are taken to need, by job, for the attempt that it was found out after. */
  readonly #needs = new Map<JobId, { readonly attempt: number; readonly need: ResourceNeed }>();

  constructor(
    private readonly ports: Ports,
    private readonly refusals: Refusals,
    private readonly times: BuildTimes,
  ) {
    const nobody: RoundFacts = {
      ...{ drones: [], kinds: new Map(), load: new Map() },
      pauseOf: () => undefined,
    };
    this.#view = this.#made(new WorkBoard(ports.policy.retry, (job) => times.predict(job)), nobody);
  }

  /** As the latest round saw it; its board goes on being moved. */
  get view(): WhyView {
    return this.#view;
  }

  async refresh(board: WorkBoard, facts: RoundFacts): Promise<WhyView> {
    if (await this.times.refresh()) board.predictAgain();
    await this.#learnNeeds(board, facts.drones);
    return (this.#view = this.#made(board, facts));
  }

  #made(board: WorkBoard, { drones, kinds, load, pauseOf }: RoundFacts): WhyView {
    const fleet = drones.map((drone): FleetDrone => {
      const { cores, slots } = drone.capabilities;
      return {
        drone,
        speed: this.times.speedOf(drone.name, cores / slots),
        overheadMs: this.times.overheadMsOf(drone.name),
        otherWork: Math.max(0, (load.get(drone.name) ?? 0) - board.heldBy(drone.name).size),
      };
    });
    return {
      ...{ board, fleet, pauseOf },
      facts: {
        kindOf: (profile) => kinds.get(profile),
        refusalOf: (drone, profile) => this.refusals.of(drone, profile),
        needOf: ({ id, failures }) => (failures > 0 ? this.#needs.get(id)?.need : undefined) ?? nothingKnown,
        isKnownToBuild: (job) => this.times.builtOn(job).size > 0,
        builtOn: (job) => (job.state === 'needed' ? this.times.builtOn(job) : NOWHERE),
      },
    };
  }

  /** What jobs that ran out of memory before need now (Q10). Few: each that failed is looked at once for each attempt. */
  async #learnNeeds(board: WorkBoard, drones: readonly Drone[]): Promise<void> {
    for (const id of this.#needs.keys()) if (!board.find(id)) this.#needs.delete(id);
    for (const lane of board.plans.values()) {
      for (const { job } of lane.ready) {
        const { id, attempt, failures } = job;
        if (failures === 0 || this.#needs.get(id)?.attempt === attempt) continue;
        const short = (await this.ports.jobs.attemptsOf(id)).filter(isOutOfMemory);
        const had = Math.max(0, ...short.map(({ drone }) => memoryOf(drones, drone)));
        const need = { memoryBytes: memoryNeedAfter(had), diskBytes: 0, timesOutOfMemory: short.length };
        this.#needs.set(id, { attempt, need: short.length === 0 ? nothingKnown : need });
      }
    }
  }
}

function memoryOf(drones: readonly Drone[], name: string): number {
  return drones.find((drone) => drone.name === name)?.capabilities.memoryBytes ?? 0;
}

function isOutOfMemory({ state, failureClass }: Attempt): boolean {
  return state === 'failed' && failureClassOf(failureClass) === 'out-of-memory';
}
