import type { Plan } from '@swarm/domain-plan';

import type { RunEvent, ScheduleRun } from './run.js';

/** How long the binhost may take to check and promote before a run ends without a release (Q3). */
export const RELEASE_LIMIT_MS = 3_600_000;
/** How long a complete plan is given before a newer release counts as having overtaken it. */
export const OVERTAKEN_AFTER_MS = 60_000;

/** What the binhost has made of a complete plan, read from the ledger. */
export type ReleaseLook =
  | { readonly kind: 'waiting' }
  /** Checked; files are being linked. */
  | { readonly kind: 'preparing'; readonly number: number }
  | { readonly kind: 'out'; readonly number: number }
  /** The current release holds every artifact of the plan. */
  | { readonly kind: 'unchanged'; readonly number: number }
  /** The current release is newer than the end of the plan. */
  | { readonly kind: 'overtaken'; readonly number: number }
  /** No member of the plan has an artifact. */
  | { readonly kind: 'nothing' };

/** The part of a generation that a look at it needs. */
export interface ReleaseRow {
  readonly number: number;
  readonly planId: string;
  readonly createdAt: Date;
  readonly artifacts: readonly string[];
  readonly state: 'preparing' | 'current' | 'past';
}

export interface ReleaseFacts {
  /** SHA-256 of the published artifacts of the plan's members. */
  readonly members: readonly string[];
  /** Every generation of the profile. */
  readonly generations: readonly ReleaseRow[];
}

/** How far the binhost is with a complete plan. It says so by its rows alone: no word of it is waited for. */
export function releaseLook(
  plan: Pick<Plan, 'id' | 'endedAt'>,
  { members, generations }: ReleaseFacts,
): ReleaseLook {
  const own = generations.findLast(({ planId }) => planId === plan.id);
  if (own) return { kind: own.state === 'preparing' ? 'preparing' : 'out', number: own.number };
  if (members.length === 0) return { kind: 'nothing' };
  const current = generations.find(({ state }) => state === 'current');
  if (!current) return { kind: 'waiting' };
  const { number, artifacts, createdAt } = current;
  const shown = new Set(artifacts);
  if (members.every((sha256) => shown.has(sha256))) return { kind: 'unchanged', number };
  const isNewer = plan.endedAt !== null && createdAt > plan.endedAt;
  return isNewer ? { kind: 'overtaken', number } : { kind: 'waiting' };
}

/** What happened to a run whose plan is being resolved or built; undefined: nothing yet. */
export function planEvent(
  { state }: Pick<ScheduleRun, 'state'>,
  plan: Pick<Plan, 'state' | 'detail'>,
): RunEvent | undefined {
  const { detail } = plan;
  switch (plan.state) {
    case 'failed':
      return { type: 'closed', outcome: 'failed', detail };
    case 'cancelled':
      return { type: 'closed', outcome: 'cancelled', detail };
    case 'resolving':
      return undefined;
    case 'building':
      return state === 'resolving' ? { type: 'resolved', detail } : undefined;
    case 'complete':
      return state === 'resolving' ? { type: 'resolved', detail } : { type: 'built', detail };
  }
}

/** What happened to a run whose plan is complete and goes through the binhost; undefined: nothing yet. */
export function releaseEvent(
  run: Pick<ScheduleRun, 'state' | 'since'>,
  { detail }: Pick<Plan, 'detail'>,
  look: ReleaseLook,
  now: Date,
): RunEvent | undefined {
  const closed = (outcome: 'done' | 'failed', what: string): RunEvent => {
    return { type: 'closed', outcome, detail: `${what}; ${detail}` };
  };
  const waitedMs = now.getTime() - run.since.getTime();
  switch (look.kind) {
    case 'out':
      return run.state === 'verifying'
        ? { type: 'verified', detail: `release ${look.number} is checked` }
        : closed('done', `release ${look.number} is out`);
    case 'preparing':
      if (run.state === 'verifying')
        return { type: 'verified', detail: `release ${look.number} is being made` };
      break;
    case 'unchanged':
      return closed('done', `release ${look.number} has it all already`);
    case 'overtaken':
      if (waitedMs > OVERTAKEN_AFTER_MS) return closed('done', `a newer release ${look.number} is out`);
      break;
    case 'nothing':
      return closed('failed', 'there is nothing to release');
    case 'waiting':
      break;
  }
  return waitedMs > RELEASE_LIMIT_MS
    ? closed(
        'failed',
        `the binhost made no release within ${RELEASE_LIMIT_MS / 60_000} min: its log says why`,
      )
    : undefined;
}
