import { failureClassOf, memoryNeedAfter } from '@swarm/domain-blame';
import type { Drone } from '@swarm/domain-drone';
import type { Attempt, Job, OpenJob } from '@swarm/domain-job';
import type { Profile } from '@swarm/domain-plan';
import {
  nothingKnown,
  WorkBoard,
  type FleetDrone,
  type NewBoardJob,
  type ResourceNeed,
  type WhyView,
} from '@swarm/domain-scheduling';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BuildTimes } from './build-times.js';
import type { Refusals } from './refusals.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'clock' | 'policy'>;

/** What one round knows beside the jobs. */
export interface RoundFacts {
  readonly drones: readonly Drone[];
  readonly kinds: ReadonlyMap<string, Profile['kind']>;
  /** Pieces of work that each drone holds. */
  readonly load: ReadonlyMap<string, number>;
}

const NOWHERE: ReadonlySet<string> = new Set();

/** What placing and explaining are decided from, made anew in each round of what the ledger says. */
export class PlacementBoard {
  #view: WhyView | undefined;

  constructor(
    private readonly ports: Ports,
    private readonly refusals: Refusals,
    private readonly times: BuildTimes,
  ) {}

  /** As the latest round saw it. */
  get view(): WhyView {
    return (
      this.#view ?? this.#made(this.#board(), { drones: [], kinds: new Map(), load: new Map() }, new Map())
    );
  }

  async refresh(facts: RoundFacts): Promise<WhyView> {
    await this.times.refresh();
    const standing = await this.ports.jobs.openJobs();
    const board = this.#board();
    const plans = new Map<string, NewBoardJob[]>();
    for (const { value: job, revision, since } of standing) {
      const entry = { job, revision, since, waits: job.spec.waits };
      const plan = plans.get(job.spec.planId);
      if (plan) plan.push(entry);
      else plans.set(job.spec.planId, [entry]);
    }
    for (const [plan, jobs] of plans) board.addPlan(plan, jobs, this.ports.clock.now());
    return (this.#view = this.#made(
      board,
      facts,
      await this.#needs(
        standing.map(({ value }) => value),
        facts.drones,
      ),
    ));
  }

  #board(): WorkBoard {
    return new WorkBoard(this.ports.policy.retry, (job) => this.times.predict(job));
  }

  #made(
    board: WorkBoard,
    { drones, kinds, load }: RoundFacts,
    needs: ReadonlyMap<string, ResourceNeed>,
  ): WhyView {
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
      ...{ board, fleet },
      facts: {
        kindOf: (profile) => kinds.get(profile),
        refusalOf: (drone, profile) => this.refusals.of(drone, profile),
        needOf: ({ id }) => needs.get(id) ?? nothingKnown,
        isKnownToBuild: (job) => this.times.builtOn(job).size > 0,
        builtOn: (job) => (job.state === 'needed' ? this.times.builtOn(job) : NOWHERE),
      },
    };
  }

  /** What jobs that ran out of memory before are taken to need now (Q10). Few: only those that failed are looked at. */
  async #needs(
    jobs: readonly OpenJob[],
    drones: readonly Drone[],
  ): Promise<ReadonlyMap<Job['id'], ResourceNeed>> {
    const needs = new Map<Job['id'], ResourceNeed>();
    for (const { id, state, failures } of jobs) {
      if (state !== 'needed' || failures === 0) continue;
      const short = (await this.ports.jobs.attemptsOf(id)).filter(isOutOfMemory);
      if (short.length === 0) continue;
      const had = Math.max(...short.map(({ drone }) => memoryOf(drones, drone)));
      needs.set(id, { memoryBytes: memoryNeedAfter(had), diskBytes: 0, timesOutOfMemory: short.length });
    }
    return needs;
  }
}

function memoryOf(drones: readonly Drone[], name: string): number {
  return drones.find((drone) => drone.name === name)?.capabilities.memoryBytes ?? 0;
}

function isOutOfMemory({ state, failureClass }: Attempt): boolean {
  return state === 'failed' && failureClassOf(failureClass) === 'out-of-memory';
}
