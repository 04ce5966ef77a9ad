import fc from 'fast-check';

import type { AttemptId, DroneName, Job, JobEvent, JobEventType, JobId, PlanId, Sha256 } from './job.js';
import { jobLifecycle } from './job.lifecycle.js';
import { transition, type RetryPolicy, type Transition } from './job.transition.js';

export const policy: RetryPolicy = { maxFailures: 3, maxReclaims: 3 };

export const newJob: Job = {
  id: 'job-1' as JobId,
  state: 'waiting',
  attempt: 0,
  failures: 0,
  reclaims: 0,
  failedOn: [],
  spec: {
    planId: 'plan-1' as PlanId,
    profile: 'lab',
    cpv: 'dev-libs/icu-74.2' as Job['spec']['cpv'],
    slot: '0/74',
    use: [],
    repository: 'lab',
    buildKey: 'k',
    inputs: null,
    bootstrap: false,
    why: 'new',
    needs: [],
    waits: [],
    criticalPath: 1,
    synthetic: null,
  },
};

interface Details {
  readonly attempt: number;
  readonly drone: DroneName;
  readonly attemptId: AttemptId;
  readonly retriable: boolean;
  readonly counts: boolean;
  readonly artifact: Sha256;
}

const details: fc.Arbitrary<Details> = fc.record({
  attempt: fc.integer({ min: 0, max: 8 }),
  drone: fc.constantFrom('drone-a', 'drone-b').map((name) => name as DroneName),
  attemptId: fc.uuid().map((id) => id as AttemptId),
  retriable: fc.oneof(
    { weight: 9, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  counts: fc.boolean(),
  artifact: fc.constant('0'.repeat(64) as Sha256),
});

const reason = 'because';
const make: { readonly [E in JobEventType]: (d: Details) => Extract<JobEvent, { type: E }> } = {
  'dependencies-published': () => ({ type: 'dependencies-published' }),
  'dependency-lost': () => ({ type: 'dependency-lost', cpv: newJob.spec.cpv }),
  'dependency-restored': () => ({ type: 'dependency-restored' }),
  delegated: ({ attemptId, drone }) => ({ type: 'delegated', attemptId, drone }),
  'attempt-reclaimed': ({ attempt }) => ({ type: 'attempt-reclaimed', attempt, reason }),
  'attempt-resumed': ({ attempt, attemptId, drone }) => ({
    type: 'attempt-resumed',
    attempt,
    attemptId,
    drone,
  }),
  'attempt-failed': ({ attempt, drone, retriable, counts }) => ({
    type: 'attempt-failed',
    attempt,
    drone,
    reason,
    counts,
    retryAt: retriable ? new Date(0) : null,
  }),
  'failure-excused': ({ drone }) => ({ type: 'failure-excused', drone }),
  'quarantined-by-hand': () => ({ type: 'quarantined-by-hand', reason }),
  'artifact-received': ({ artifact }) => ({ type: 'artifact-received', artifact }),
  'artifact-published': ({ artifact }) => ({ type: 'artifact-published', artifact }),
  'quarantine-released': () => ({ type: 'quarantine-released' }),
  superseded: () => ({ type: 'superseded' }),
  cancelled: () => ({ type: 'cancelled' }),
};
const eventTypes = Object.keys(make) as JobEventType[];

/** Any event at all, legal or not, timely or stale. */
export const anyEvent: fc.Arbitrary<JobEvent> = fc
  .tuple(fc.constantFrom(...eventTypes), details)
  .map(([type, d]) => make[type](d));

/** One step of a life: what was asked, and what came of it. */
export interface Step {
  readonly before: Job;
  readonly event: JobEvent;
  readonly after: Transition | undefined;
}

interface Turn {
  readonly pick: number;
  readonly noise: JobEvent | null;
  readonly details: Details;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  // Unbiased: small numbers preferred would mean the same choices again and again.
  pick: fc.noBias(fc.nat()),
  noise: fc.option(anyEvent, { freq: 4 }),
  details,
});

/** Events that end a life early; taken rarely, or the walks would never reach the exhausted retries. */
const endings: readonly string[] = [
  'cancelled',
  'superseded',
  'artifact-received',
  'dependency-lost',
  'quarantined-by-hand',
];

/** Lives of a job: mostly legal, timely events, with late, repeated and misdirected ones among them. */
export const anyLife: fc.Arbitrary<readonly Step[]> = fc
  .array(turn, { minLength: 20, maxLength: 60, size: 'max' })
  .map((turns) => {
    let job: Job = newJob;
    return turns.map(({ pick, noise, details: d }): Step => {
      const event = noise ?? legalEvent(job, pick, d);
      const result = transition(job, event, policy);
      const step = { before: job, event, after: result.ok ? result.value : undefined };
      if (result.ok) job = result.value.job;
      return step;
    });
  });

function legalEvent(job: Job, pick: number, d: Details): JobEvent {
  const legal = Object.keys(jobLifecycle[job.state]) as JobEventType[];
  // Forgiving uses up what a job may lose, so that is rare as well but where it ends a quarantine.
  const isRare = (type: JobEventType): boolean =>
    endings.includes(type) || (type === 'failure-excused' && job.state !== 'quarantined');
  const lasting = legal.filter((type) => !isRare(type));
  const from = lasting.length > 0 && pick % 8 !== 0 ? lasting : legal;
  const type = from[Math.floor(pick / 8) % Math.max(1, from.length)] ?? 'cancelled';
  return make[type]({ ...d, attempt: job.attempt });
}
