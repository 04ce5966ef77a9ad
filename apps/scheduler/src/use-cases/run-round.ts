import { outgoing } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import { isSettled, type AttemptId, type Job, type JobIn } from '@swarm/domain-job';
import type { Plan, Profile } from '@swarm/domain-plan';
import type { Artifact } from '@swarm/domain-release';
import { place } from '@swarm/domain-scheduling';
import type { Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { AdvanceJobs } from './advance-jobs.js';
import type { DelegateJob } from './delegate-job.js';
import type { FollowAbi } from './follow-abi.js';
import type { PlacementBoard } from './placement-board.js';
import type { ReclaimAttempts } from './reclaim-attempts.js';
import type { ResolvePlans } from './resolve-plans.js';
import type { Strikes } from './strikes.js';

type Ports = Pick<
  SchedulerPorts,
  'jobs' | 'plans' | 'profiles' | 'drones' | 'artifacts' | 'clock' | 'entropy' | 'log'
>;

/** The use cases that a round is made of. */
export interface RoundSteps {
  readonly resolve: ResolvePlans;
  readonly advance: AdvanceJobs;
  readonly reclaim: ReclaimAttempts;
  readonly delegate: DelegateJob;
  readonly followAbi: FollowAbi;
  readonly board: PlacementBoard;
  readonly strikes: Strikes;
}

/** The artifacts in the staging index of one profile, by build key. */
type Published = ReadonlyMap<string, Artifact>;

interface OpenPlan {
  readonly plan: Versioned<Plan>;
  readonly jobs: readonly Job[];
  readonly published: Published;
}

/**
 * One look at everything: plans are handed out, jobs woken or blocked, lost work taken back, free slots filled,
 * finished plans closed. Whatever event was lost, the next round finds the same facts in the ledger.
 */
export class RunRound {
  constructor(
    private readonly ports: Ports,
    private readonly steps: RoundSteps,
  ) {}

  async execute(): Promise<void> {
    await this.steps.strikes.settle();
    const drones = (await this.ports.drones.all()).map(({ value }) => value);
    const kinds = new Map((await this.ports.profiles.all()).map(({ name, kind }) => [name, kind]));
    const plans = await this.ports.plans.open();
    for (const plan of plans)
      if (plan.value.state === 'resolving') await this.steps.resolve.handOut(plan, drones);

    const building: OpenPlan[] = [];
    for (const plan of plans) {
      if (plan.value.state !== 'building') continue;
      const open = await this.#advanced(plan, drones);
      if (open) building.push(open);
    }
    await this.#fillSlots(building, drones, kinds);
  }

  /** A plan with its jobs brought up to date; undefined when that ended it. */
  async #advanced(plan: Versioned<Plan>, drones: readonly Drone[]): Promise<OpenPlan | undefined> {
    const { id, profile } = plan.value;
    let jobs = (await this.ports.jobs.ofPlan(id as Job['spec']['planId'])).map(({ value }) => value);
    const keys = new Set(
      jobs.flatMap(({ spec }) => [spec.buildKey, ...spec.needs.map((need) => need.buildKey)]),
    );
    const artifacts = await this.ports.artifacts.byBuildKeys(profile, [...keys]);
    const published = new Map(artifacts.map((artifact) => [artifact.buildKey, artifact]));

    const delegated = jobs.filter((job): job is JobIn<'delegated'> => job.state === 'delegated');
    const reclaimed = await this.steps.reclaim.audit(delegated, drones);
    const advanced = await this.steps.advance.execute(jobs, published);
    if (reclaimed || advanced) {
      jobs = (await this.ports.jobs.ofPlan(id as Job['spec']['planId'])).map(({ value }) => value);
    }
    if (!jobs.every(({ state }) => isSettled(state))) return { plan, jobs, published };
    await this.#complete(plan, jobs);
    return undefined;
  }

  async #fillSlots(
    building: readonly OpenPlan[],
    drones: readonly Drone[],
    kinds: ReadonlyMap<string, Profile['kind']>,
  ): Promise<void> {
    const view = await this.steps.board.refresh({ drones, kinds, load: await this.#load(drones) });
    const open = new Map(building.map((each) => [each.plan.value.id, each]));
    const jobs = new Map(building.flatMap((each) => each.jobs.map((job) => [job.id, job])));
    const given = place(view, this.ports.clock.now()).map(async (placement) => {
      const job = jobs.get(placement.jobId);
      const of = job && open.get(job.spec.planId);
      if (!of) return;
      await this.steps.delegate.execute(job, placement, { plan: of.plan.value, published: of.published });
    });
    // All at once, so that they are stored in one batch.
    await Promise.all(given);
  }

  /**
   * Pieces of work on each drone: what is open in the ledger, and what was taken back from a drone that still says
   * it holds it. What the drone itself has ended is not counted, though its next sign of life is still to come.
   */
  async #load(drones: readonly Drone[]): Promise<ReadonlyMap<string, number>> {
    const held = new Map(drones.map(({ name }) => [name, new Set<string>()]));
    for (const { id, drone } of await this.ports.jobs.openAttempts()) held.get(drone)?.add(id);
    for (const { value } of await this.ports.plans.open()) {
      if (value.resolving) held.get(value.resolving.drone)?.add(value.resolving.attemptId);
    }
    for (const { name, lastSign } of drones) {
      for (const { attemptId } of lastSign.attempts) {
        const attempt = await this.ports.jobs.findAttempt(attemptId as AttemptId);
        if (attempt?.state === 'reclaimed' || attempt?.state === 'cancelled') held.get(name)?.add(attemptId);
      }
    }
    return new Map([...held].map(([name, attempts]) => [name, attempts.size]));
  }

  async #complete({ value, revision }: Versioned<Plan>, jobs: readonly Job[]): Promise<void> {
    const count = (state: Job['state']): number => jobs.filter((job) => job.state === state).length;
    const detail =
      jobs.length === 0
        ? 'nothing to build: everything is there'
        : `${count('published')} of ${jobs.length} built, ${count('quarantined')} quarantined, ${count('blocked')} blocked`;
    const now = this.ports.clock.now();
    const id = this.ports.entropy.id();
    const plan: Plan = { ...value, state: 'complete', endedAt: now, detail };
    const event = {
      id,
      at: now.toISOString(),
      planId: plan.id,
      profile: plan.profile,
      state: plan.state,
      detail,
    };
    const saved = await this.ports.plans.save({
      plan,
      expected: revision,
      newJobs: [],
      at: now,
      outgoing: [outgoing('PlanMoved', id, event)],
    });
    if (saved !== 'saved') return;
    this.ports.log.info({ planId: plan.id, detail }, 'plan complete');
    if (jobs.length > 0) await this.steps.followAbi.execute(plan);
  }
}
