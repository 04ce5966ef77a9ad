import fc from 'fast-check';

import type { Strike } from '@swarm/domain-drone';
import {
  transition,
  type AttemptId,
  type DroneName,
  type Job,
  type JobEvent,
  type JobId,
  type PlanId,
  type RetryPolicy,
} from '@swarm/domain-job';

import type { FailureClass } from './blame.js';
import { excusable, isStruckOut } from './streak.js';
import { judge, type Failure, type Verdict } from './verdict.js';

export const policy: RetryPolicy = { maxFailures: 3, maxReclaims: 10 };
export const STRIKES = 5;
export const now = new Date('2026-01-01T00:00:00Z');

/** What every attempt on a drone comes to. */
export type Nature = 'good' | 'bad';
/** What every attempt at a package comes to on a good drone. */
export type Fate = 'builds' | 'broken' | 'flaky';

export interface World {
  readonly drones: readonly Nature[];
  readonly packages: readonly Fate[];
  /** Which way things go where more than one way is open. */
  readonly dice: readonly number[];
  readonly badClass: FailureClass;
}

const bad: fc.Arbitrary<FailureClass> = fc.constantFrom(
  'compile',
  'unknown',
  'disk-full',
  'killed',
  'out-of-memory',
);

/** Fleets of a few drones and queues of some packages; mostly sound ones, since that is where blame is easily wrong. */
export const anyWorld = (
  over: { readonly drones?: fc.Arbitrary<readonly Nature[]> } = {},
): fc.Arbitrary<World> =>
  fc.record({
    drones: over.drones ?? fc.array(natureMostly('good'), { minLength: 1, maxLength: 4 }),
    packages: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<Fate>('builds') },
        { weight: 2, arbitrary: fc.constant<Fate>('broken') },
        { weight: 1, arbitrary: fc.constant<Fate>('flaky') },
      ),
      { minLength: 1, maxLength: 8 },
    ),
    // Unbiased: small numbers preferred would mean the same choices again and again.
    dice: fc.array(fc.noBias(fc.nat()), { minLength: 64, maxLength: 64, size: 'max' }),
    badClass: bad,
  });

function natureMostly(usual: Nature): fc.Arbitrary<Nature> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom<Nature>('good', 'bad') },
  );
}

/** What became of a world. */
export interface Ending {
  readonly jobs: readonly Job[];
  readonly attempts: number;
  /** Attempts on each drone that failed and counted when the drone was grounded, or are still held against it. */
  readonly verdicts: readonly {
    readonly job: number;
    readonly failure: Failure;
    readonly verdict: Verdict;
  }[];
  /** Times that each drone was grounded. */
  readonly groundings: ReadonlyMap<string, number>;
  /** Failed attempts on each drone before its first grounding. */
  readonly beforeGrounding: ReadonlyMap<string, number>;
}

const LIMIT = 2_000;

/** Plays a world to its end with the rules of this library, and the simplest placement that keeps their terms. */
export function play(world: World): Ending {
  const names = world.drones.map((_, i) => `drone-${i}` as DroneName);
  const state = {
    jobs: world.packages.map((_, i) => newJob(i)),
    failures: new Map<number, Failure[]>(),
    strikes: [] as Strike[],
    verdicts: [] as Ending['verdicts'][number][],
    groundings: new Map<string, number>(),
    beforeGrounding: new Map<string, number>(),
    attempts: 0,
    turn: 0,
  };
  const roll = (below: number): number => (world.dice[state.turn++ % world.dice.length] ?? 0) % below;
  const move = (index: number, event: JobEvent): void => {
    const job = state.jobs[index];
    const result = job && transition(job, event, policy);
    if (result?.ok) state.jobs[index] = result.value.job;
  };

  for (; state.attempts < LIMIT; state.attempts += 1) {
    const open = state.jobs.flatMap((job, index) => (job.state === 'needed' ? [{ job, index }] : []));
    if (open.length === 0) break;
    const { job, index } = open[roll(open.length)] ?? { job: newJob(0), index: 0 };
    const untried = names.filter((name) => !job.failedOn.includes(name));
    const from = untried.length > 0 ? untried : names;
    const drone = from[roll(from.length)] ?? ('none' as DroneName);
    const attemptId = `attempt-${state.attempts}` as AttemptId;
    move(index, { type: 'delegated', attemptId, drone });
    const failed = outcome(world, { drone, index, attempt: state.jobs[index]?.attempt ?? 0 });
    if (failed === null) {
      state.strikes = state.strikes.map((strike) => ended(strike, strike.drone === drone, 'success'));
      move(index, { type: 'artifact-received', artifact: 'f' as never });
      continue;
    }
    fail({ index, drone, attemptId, failed });
  }
  return state;

  function fail(at: { index: number; drone: DroneName; attemptId: AttemptId; failed: FailureClass }): void {
    const { index, drone, attemptId } = at;
    const failure: Failure = { attemptId, drone, class: at.failed, summary: 'it went wrong' };
    const earlier = state.failures.get(index) ?? [];
    const found = judge(
      { failure, earlier, passed: 0, others: names.length - 1, now },
      { retryDelayMs: 60_000 },
    );
    state.verdicts.push({ job: index, failure, verdict: found });
    if (!state.groundings.has(drone)) {
      state.beforeGrounding.set(drone, (state.beforeGrounding.get(drone) ?? 0) + 1);
    }
    if (found.counts) state.failures.set(index, [...earlier, failure]);
    const attempt = state.jobs[index]?.attempt ?? 0;
    move(index, {
      type: 'attempt-failed',
      attempt,
      drone,
      reason: found.reason,
      retryAt: found.retryAt,
      counts: found.counts,
    });
    state.strikes = state.strikes.map((s) => ended(s, found.takenBack.includes(s.attemptId), 'taken-back'));
    if (found.strikes) {
      const strike = { attemptId, drone, jobId: `job-${index}`, class: at.failed, at: now };
      state.strikes.push({ ...strike, counted: found.counts, ended: null });
    }
    groundIfStruckOut(drone);
  }

  function groundIfStruckOut(drone: string): void {
    const streak = state.strikes.filter((strike) => strike.drone === drone && strike.ended === null);
    if (!isStruckOut(streak, STRIKES)) return;
    state.groundings.set(drone, (state.groundings.get(drone) ?? 0) + 1);
    for (const { jobId, attemptId } of excusable(streak, state.strikes)) {
      const index = Number(jobId.slice('job-'.length));
      move(index, { type: 'failure-excused', drone });
      state.failures.set(
        index,
        (state.failures.get(index) ?? []).filter((f) => f.attemptId !== attemptId),
      );
    }
    state.strikes = state.strikes.map((strike) => ended(strike, strike.drone === drone, 'grounded'));
  }
}

function ended(strike: Strike, isMeant: boolean, how: NonNullable<Strike['ended']>): Strike {
  return isMeant && strike.ended === null ? { ...strike, ended: how } : strike;
}

function outcome(
  { drones, packages, badClass }: World,
  { drone, index, attempt }: { readonly drone: string; readonly index: number; readonly attempt: number },
): FailureClass | null {
  if (drones[Number(drone.slice('drone-'.length))] === 'bad') return badClass;
  const fate = packages[index];
  if (fate === 'builds') return null;
  return fate === 'broken' || attempt === 1 ? 'compile' : null;
}

function newJob(index: number): Job {
  return {
    id: `job-${index}` as JobId,
    state: 'needed',
    notBefore: null,
    attempt: 0,
    failures: 0,
    reclaims: 0,
    failedOn: [],
    spec: { planId: 'plan' as PlanId } as Job['spec'],
  };
}
