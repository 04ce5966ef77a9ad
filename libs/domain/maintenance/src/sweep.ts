import type { Result } from '@swarm/kernel';

import {
  checkNames,
  pageOf,
  type CheckName,
  type CheckRecord,
  type SweepPolicy,
  type Verdict,
} from './check.js';
import { checkClocks, checkDrones, checkWork } from './drone-checks.js';
import type { SweepFacts, SweepLooks } from './facts.js';
import { checkPauses, checkPlans, checkSchedules, checkStaging } from './flow-checks.js';
import { checkDeadLetters, checkDisk, checkLeaders, checkNats, checkOutbox } from './system-checks.js';

type Checks = {
  readonly [N in CheckName]: (facts: SweepFacts[N], now: Date, policy: SweepPolicy) => Verdict;
};

/** Each check by its name: pure, `(facts, now, policy) → verdict`. */
export const checks: Checks = {
  drones: checkDrones,
  clocks: checkClocks,
  work: checkWork,
  schedules: checkSchedules,
  pauses: checkPauses,
  staging: checkStaging,
  plans: checkPlans,
  outbox: checkOutbox,
  'dead-letters': checkDeadLetters,
  nats: checkNats,
  disk: checkDisk,
  leaders: checkLeaders,
};

/** An alarm that began, or that is over. */
export interface AlarmChange {
  readonly name: CheckName;
  readonly state: 'raised' | 'ended';
  /** What the check says now. */
  readonly detail: string;
  /** Since when it was not ok. */
  readonly since: Date;
}

/** What a sweep came to: every check as it is to be stored, and the alarms that it changed. */
export interface SweepOutcome {
  readonly records: readonly CheckRecord[];
  readonly changes: readonly AlarmChange[];
}

/**
 * Judges everything that was looked at, beside what the sweep before found. A check that could not be looked at is an
 * alarm: what nobody can see is not well (S31). An alarm that stands on is no change, whatever its sentence says now.
 */
export function sweep(
  looks: SweepLooks,
  before: readonly CheckRecord[],
  { now, policy }: { readonly now: Date; readonly policy: SweepPolicy },
): SweepOutcome {
  const known = new Map(before.map((record) => [record.name, record]));
  const changes: AlarmChange[] = [];
  const records = checkNames.map((name): CheckRecord => {
    const earlier = known.get(name);
    const { result, detail } = judged(name, looks, now, policy);
    const since = earlier?.notOkSince ?? now;
    const [was, is] = [earlier?.result === 'alarm', result === 'alarm'];
    if (was !== is) changes.push({ name, state: is ? 'raised' : 'ended', detail, since });
    return { name, result, detail, ranAt: now, notOkSince: result === 'ok' ? null : since };
  });
  return { records, changes };
}

function judged(name: CheckName, looks: SweepLooks, now: Date, policy: SweepPolicy): Verdict {
  // The name decides facts and check together; the compiler cannot carry that across the lookup.
  const look = looks[name] as Result<never, string>;
  if (look.ok) return checks[name](look.value, now, policy);
  return {
    result: 'alarm',
    detail: `${name} could not be looked at: ${look.error}; ${pageOf(name)} says what that may be`,
  };
}

/**
 * Since when each of these things has been seen: as before where it was, from now on where it is new. What is not
 * seen any more is forgotten.
 */
export function seenSince(
  before: ReadonlyMap<string, Date>,
  seen: Iterable<string>,
  now: Date,
): ReadonlyMap<string, Date> {
  return new Map([...seen].map((key) => [key, before.get(key) ?? now]));
}
