import { outgoing } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import type { AttemptId, Job, JobState, PlanId } from '@swarm/domain-job';
import type { Plan, PlanOutline } from '@swarm/domain-plan';
import type { StagedArtifact } from '@swarm/domain-release';
import {
  isPaused,
  pausesOver,
  place,
  type Pause,
  type PlanLane,
  type WorkBoard,
} from '@swarm/domain-scheduling';
import type { Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BoardKeeper } from './board-keeper.js';
import type { DelegateJob } from './delegate-job.js';
import type { FollowAbi } from './follow-abi.js';
import type { KeepHeld } from './keep-held.js';
import type { KeepPauses } from './keep-pauses.js';
import type { PlacementFacts, RoundFacts } from './placement-facts.js';
import type { DelegatedJob, ReclaimAttempts } from './reclaim-attempts.js';
import type { ResolvePlans } from './resolve-plans.js';
import type { ScanLedger } from './scan-ledger.js';
import type { Strikes } from './strikes.js';
import type { TakeInArtifacts } from './take-in-artifacts.js';

type Ports = Pick<
  SchedulerPorts,
  'jobs' | 'plans' | 'profiles' | 'drones' | 'artifacts' | 'clock' | 'entropy' | 'log'
>;

/** The use cases that a round is made of. */
export interface RoundSteps {
  readonly keeper: BoardKeeper;
  readonly resolve: ResolvePlans;
  readonly artifacts: TakeInArtifacts;
  readonly scan: ScanLedger;
  readonly reclaim: ReclaimAttempts;
  readonly keepHeld: KeepHeld;
  readonly delegate: DelegateJob;
  readonly followAbi: FollowAbi;
  readonly facts: PlacementFacts;
  readonly pauses: KeepPauses;
  readonly strikes: Strikes;
}

type OpenPlans = ReadonlyMap<string, PlanOutline>;
type Staged = ReadonlyMap<string, StagedArtifact>;

/**
 * One look at what may be done now: plans are handed out, artifacts taken in, lost work taken back, free slots filled,
 * finished plans closed. It costs what there is to do; now and then it looks at everything, so whatever event was lost
 * is made good (Q21).
 */
export class RunRound {
  constructor(
    private readonly ports: Ports,
    private readonly steps: RoundSteps,
  ) {}

  async execute(): Promise<void> {
    const { keeper, keepHeld, scan, artifacts, reclaim, strikes } = this.steps;
    await strikes.settle();
    const drones = (await this.ports.drones.all()).map(({ value }) => value);
    const plans = await this.ports.plans.open();
    const pauses = await this.#pauses();
    await this.#handOut(plans, drones, pauses);
    const building = new Map(
      plans.flatMap(({ value }) => (value.state === 'building' ? [[value.id, value]] : [])),
    );
    await this.#keepPlans(building);
    await artifacts.noted();
    await scan.whenDue();
    const board = await keeper.current();
    await reclaim.audit(heldOf(board, drones), drones);
    await keepHeld.execute(drones);
    const open = plans.map(({ value }) => value);
    const pauseOf = pausesOver(pauses, open, this.ports.clock.now());
    await this.#fillSlots(building, drones, pauseOf);
    await this.#complete(building);
  }

  /** Those that hold; the ends of others are put on record first. */
  async #pauses(): Promise<readonly Pause[]> {
    const now = this.ports.clock.now();
    await this.steps.pauses.expire(now);
    return this.steps.pauses.standing(now);
  }

  async #handOut(
    plans: readonly Versioned<PlanOutline>[],
    drones: readonly Drone[],
    pauses: readonly Pause[],
  ): Promise<void> {
    for (const { value } of plans) {
      if (value.state !== 'resolving') continue;
      const plan = await this.ports.plans.find(value.id);
      if (plan?.value.state !== 'resolving') continue;
      await this.steps.resolve.handOut(plan, drones, isPaused(pauses, value, this.ports.clock.now()));
    }
  }

  /** The board has the plans that are being built, and no others. */
  async #keepPlans(building: OpenPlans): Promise<void> {
    const { keeper } = this.steps;
    for (const plan of (await keeper.current()).plans.keys()) if (!building.has(plan)) keeper.drop(plan);
    await keeper.include([...building.keys()] as PlanId[]);
  }

  async #fillSlots(
    building: OpenPlans,
    drones: readonly Drone[],
    pauseOf: RoundFacts['pauseOf'],
  ): Promise<void> {
    const { keeper, facts, delegate, artifacts } = this.steps;
    const kinds = new Map((await this.ports.profiles.all()).map(({ name, kind }) => [name, kind]));
    const load = await this.#load(drones);
    const board = await keeper.current();
    const now = this.ports.clock.now();
    const placements = place(await facts.refresh(board, { drones, kinds, load, pauseOf }), now);
    if (placements.length === 0) return;
    const found = await this.ports.jobs.findAll(placements.map(({ jobId }) => jobId));
    const jobs = new Map(found.map(({ value }) => [value.id, value]));
    const staged = await this.#stagedFor([...jobs.values()]);
    const given = placements.map(async (placement) => {
      const job = jobs.get(placement.jobId);
      const plan = job && building.get(job.spec.planId);
      if (!plan) return;
      const there: Staged = staged.get(job.spec.profile) ?? new Map();
      const [own, entry] = [there.get(job.spec.buildKey), board.find(job.id)];
      // Nothing is built that is there already, whoever did not say so.
      if (own && entry) await artifacts.one(entry, own);
      else await delegate.execute(job, placement, { plan, staged: there });
    });
    // All at once, so that they are stored in few batches.
    await Promise.all(given);
  }

  /** What the staging index has of these jobs and of all that they need, by profile and build key. */
  async #stagedFor(jobs: readonly Job[]): Promise<ReadonlyMap<string, Staged>> {
    const keys = new Map<string, Set<string>>();
    for (const { spec } of jobs) {
      const known = keys.get(spec.profile) ?? new Set<string>();
      keys.set(spec.profile, known.add(spec.buildKey));
      for (const { buildKey } of spec.needs) known.add(buildKey);
    }
    const staged = new Map<string, Staged>();
    for (const [profile, buildKeys] of keys) {
      const found = await this.ports.artifacts.staged(profile, [...buildKeys]);
      staged.set(profile, new Map(found.map((artifact) => [artifact.buildKey, artifact])));
    }
    return staged;
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
        if (held.get(name)?.has(attemptId)) continue;
        const attempt = await this.ports.jobs.findAttempt(attemptId as AttemptId);
        if (attempt?.state === 'reclaimed' || attempt?.state === 'cancelled') held.get(name)?.add(attemptId);
      }
    }
    return new Map([...held].map(([name, attempts]) => [name, attempts.size]));
  }

  /** Closes the plans of which nothing more comes by itself, once the ledger says so, too. */
  async #complete(building: OpenPlans): Promise<void> {
    const { keeper } = this.steps;
    const isSettled = (board: WorkBoard, id: string): boolean => board.plans.get(id)?.isSettled === true;
    const before = await keeper.current();
    const settled = [...building.keys()].filter((id) => isSettled(before, id));
    if (settled.length === 0) return;
    await keeper.whenStored();
    const board = await keeper.current();
    for (const id of settled) {
      const lane = board.plans.get(id);
      if (lane && isSettled(board, id)) await this.#close(lane);
    }
  }

  async #close(lane: PlanLane): Promise<void> {
    const found = await this.ports.plans.find(lane.plan);
    if (found?.value.state !== 'building') return;
    const { value, revision } = found;
    const now = this.ports.clock.now();
    const id = this.ports.entropy.id();
    const detail = detailOf(lane);
    const plan: Plan = { ...value, state: 'complete', endedAt: now, detail };
    const event = {
      ...{ id, at: now.toISOString(), planId: plan.id, profile: plan.profile },
      ...{ state: plan.state, detail },
    };
    const saved = await this.ports.plans.save({
      ...{ plan, expected: revision, newJobs: [], at: now },
      outgoing: [outgoing('PlanMoved', id, event)],
    });
    if (saved !== 'saved') return;
    this.steps.keeper.drop(plan.id);
    this.ports.log.info({ planId: plan.id, detail }, 'plan complete');
    if (lane.jobs.length > 0) await this.steps.followAbi.execute(plan);
  }
}

function detailOf(lane: PlanLane): string {
  const count = (state: JobState): number => lane.count(state);
  return lane.jobs.length === 0
    ? 'nothing to build: everything is there'
    : `${count('published')} of ${lane.jobs.length} built, ${count('quarantined')} quarantined, ${count('blocked')} blocked`;
}

/** What the board says the drones have in hand. */
function heldOf(board: WorkBoard, drones: readonly Drone[]): readonly DelegatedJob[] {
  return drones.flatMap(({ name }) =>
    [...board.heldBy(name)].flatMap(({ job }) => (job.state === 'delegated' ? [job] : [])),
  );
}
