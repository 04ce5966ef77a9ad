import { isStanding, pauseText, resumeCommand, scopeText, type Pause } from '@swarm/domain-scheduling';

import { sinceMs, spanText, verdictOf, type SweepPolicy, type Verdict } from './check.js';
import type { OverdueSchedule, UnpublishedArtifact, WatchedPlan } from './facts.js';

const MIB = 1024 ** 2;

/** Schedules that should have fired and did not, whoever was down (S1). */
export function checkSchedules(schedules: readonly OverdueSchedule[]): Verdict {
  const alarms = schedules.flatMap(({ schedule, overdue: [first, ...more], isUnreadable }) => {
    if (isUnreadable) {
      return [
        `schedule ${schedule} cannot fire as it is written: \`swarm schedule check ${schedule}\` says what is wrong`,
      ];
    }
    if (first === undefined) return [];
    const others = more.length === 0 ? '' : ` (nor ${more.length} times after that)`;
    return [
      `schedule ${schedule} should have fired at ${first.toISOString()} and did not${others}: does a scheduler lead? \`swarm schedule check ${schedule}\` says so`,
    ];
  });
  return verdictOf({ alarms, warnings: [], fine: `${schedules.length} schedules, none of them late` });
}

/** Pauses whose end is not on record, and those that stand for long (S19). `pauses` are those without an end. */
export function checkPauses(pauses: readonly Pause[], now: Date, policy: SweepPolicy): Verdict {
  const over = pauses.filter((pause) => !isStanding(pause, now));
  const standing = pauses.filter((pause) => isStanding(pause, now));
  return verdictOf({
    alarms: over
      .filter(({ until }) => sinceMs(until, now) >= policy.pauseEndMs)
      .map(
        ({ scope, author, until }) =>
          `the pause of ${scopeText(scope)} by ${author} was over at ${until.toISOString()} and its end is not on record: no scheduler makes rounds; does one lead?`,
      ),
    warnings: standing
      .filter(({ since }) => sinceMs(since, now) >= policy.longPauseMs)
      .map(
        (pause) =>
          `${pauseText(pause)} (for ${spanText(sinceMs(pause.since, now))} now): \`${resumeCommand(pause.scope)}\` ends it`,
      ),
    fine: standing.length === 0 ? 'nothing is paused' : standing.map(pauseText).join('; '),
  });
}

/** Artifacts that were received and do not reach the index (S20). */
export function checkStaging(
  artifacts: readonly UnpublishedArtifact[],
  now: Date,
  policy: SweepPolicy,
): Verdict {
  const late = artifacts
    .filter(({ receivedAt }) => sinceMs(receivedAt, now) >= policy.stagingMs)
    .sort((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime());
  const [oldest] = late;
  const sizeMiB = Math.round(late.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / MIB);
  return verdictOf({
    alarms: oldest
      ? [
          `${late.length} artifacts (${sizeMiB} MiB) were received and are not in the index, the oldest, ${oldest.cpv} of ${oldest.profile}, for ${spanText(sinceMs(oldest.receivedAt, now))}: does a binhost lead, and can it write its directory? its log says why`,
        ]
      : [],
    warnings: [],
    fine: `${artifacts.length} artifacts on their way into the index`,
  });
}

/** Open plans of which nothing moves, with the reason (Q3). A plan that is paused, or at work, is not still. */
export function checkPlans(plans: readonly WatchedPlan[], now: Date, policy: SweepPolicy): Verdict {
  const still = plans.map((plan) => ({ plan, forMs: stillMs(plan, now) })).sort((a, b) => b.forMs - a.forMs);
  const sentence = ({ plan, forMs }: (typeof still)[number]): string =>
    `plan ${plan.id} of ${plan.profile} has not moved for ${spanText(forMs)}: ${reasonOf(plan)}`;
  return verdictOf({
    alarms: still.filter(({ forMs }) => forMs >= policy.stillAlarmMs).map(sentence),
    warnings: still
      .filter(({ forMs }) => forMs >= policy.stillWarningMs && forMs < policy.stillAlarmMs)
      .map(sentence),
    fine: `${plans.length} open plans, and each of them moves`,
  });
}

/** For how long nothing of the plan moved while it might have. */
export function stillMs({ movedAt, busyAt }: Pick<WatchedPlan, 'movedAt' | 'busyAt'>, now: Date): number {
  const movedMs = Math.max(movedAt.getTime(), busyAt?.getTime() ?? Number.NEGATIVE_INFINITY);
  return Math.max(0, now.getTime() - movedMs);
}

/** The most likely cause, and what to do. */
function reasonOf({ state, profile, needed, waiting, example, dronesReady, why }: WatchedPlan): string {
  if (dronesReady === 0 && (needed > 0 || state === 'resolving')) {
    return `no drone of ${profile} takes work; \`swarm drone list\` says why`;
  }
  if (state === 'resolving') return 'no drone is asked to resolve it; does a scheduler lead?';
  if (why !== null && example !== null) return `${example} ${why}`;
  if (example !== null) {
    const what =
      needed > 0 ? 'is needed and nobody is given it' : 'waits, and nothing is built that it waits for';
    return `${example} ${what}, with ${needed + waiting - 1} more; does a scheduler lead? \`swarm why ${example}\``;
  }
  return 'nothing of it is left to build, and it is not closed; does a scheduler lead?';
}
