import { isLost, silenceMs, type Drone, type LivenessPolicy } from '@swarm/domain-drone';

import { sinceMs, spanText, verdictOf, type SweepPolicy, type Verdict } from './check.js';
import type { HeldWork, WatchedWork } from './facts.js';

/** A sign of life older than this says nothing of now. */
const FRESH_SIGN_MS = 15_000;

/** Drones that are offline for long, and that nobody drained or retired. */
export function checkDrones(drones: readonly Drone[], now: Date, policy: SweepPolicy): Verdict {
  const gone = drones
    .filter(({ state, drain }) => state === 'offline' && drain === null)
    .map((drone) => ({ drone, silentMs: silenceMs(drone, now) }))
    .sort((a, b) => b.silentMs - a.silentMs);
  const sentence = ({ drone, silentMs }: (typeof gone)[number]): string =>
    `${drone.name} is offline, silent for ${spanText(silentMs)}: start its agent, or \`swarm drone retire ${drone.name}\` if it is gone for good`;
  return verdictOf({
    alarms: gone.filter(({ silentMs }) => silentMs >= policy.offlineAlarmMs).map(sentence),
    warnings: gone
      .filter(({ silentMs }) => silentMs >= policy.offlineWarningMs && silentMs < policy.offlineAlarmMs)
      .map(sentence),
    fine: `${drones.length} drones, none of them gone for long`,
  });
}

/** Drones whose clock is off the monitor's. Their clock decides nothing, but their logs and certificates go by it. */
export function checkClocks(drones: readonly Drone[], now: Date, policy: SweepPolicy): Verdict {
  const off = drones.flatMap((drone) => {
    const { details } = drone.lastSign;
    const isHeard = silenceMs(drone, now) < policy.liveness.offlineAfterMs && drone.state !== 'retired';
    return details && isHeard ? [{ name: drone.name, offsetMs: details.clockOffsetMs }] : [];
  });
  const sentence = ({ name, offsetMs }: (typeof off)[number]): string =>
    `the clock of ${name} is ${spanText(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead' : 'behind'}: run an NTP client there, such as chronyd`;
  const atLeast = (ms: number) => (each: (typeof off)[number]) => Math.abs(each.offsetMs) >= ms;
  return verdictOf({
    alarms: off.filter(atLeast(policy.clockAlarmMs)).map(sentence),
    warnings: off
      .filter(atLeast(policy.clockWarningMs))
      .filter((each) => !atLeast(policy.clockAlarmMs)(each))
      .map(sentence),
    fine: `${off.length} clocks agree with the monitor's`,
  });
}

/**
 * Why a drone cannot be at the work that the ledger leaves to it, as it follows the attempt; undefined while it may
 * be (S3). It may be so for a moment, between the end of the work and its report.
 */
export function amissOf(
  { attemptId, since }: HeldWork,
  drone: Drone | undefined,
  { now, liveness }: { readonly now: Date; readonly liveness: LivenessPolicy },
): string | undefined {
  if (drone === undefined) return 'is of a drone that nobody knows';
  if (isLost(drone, now, liveness)) {
    return drone.state === 'retired'
      ? `is of ${drone.name}, which is retired`
      : `is of ${drone.name}, silent for ${spanText(silenceMs(drone, now))}`;
  }
  if (silenceMs(drone, now) >= FRESH_SIGN_MS || drone.lastSign.at <= since) return undefined;
  const isHeld = drone.lastSign.attempts.some((held) => held.attemptId === attemptId);
  return isHeld ? undefined : `is of ${drone.name}, which does not hold it`;
}

/** Work that its drone does not do, and that nobody settled in time: scheduler and healer should have (S3). */
export function checkWork(work: readonly WatchedWork[], now: Date, policy: SweepPolicy): Verdict {
  const amiss = work
    .flatMap((each) => (each.amissSince === null ? [] : [{ ...each, forMs: sinceMs(each.amissSince, now) }]))
    .sort((a, b) => b.forMs - a.forMs);
  const sentence = ({ attemptId, amiss: what, forMs }: (typeof amiss)[number]): string =>
    `attempt ${attemptId} ${what}, for ${spanText(forMs)} now: the healer and the scheduler take such work back within ${spanText(policy.settleMs)}; do both lead, and what do their logs say?`;
  return verdictOf({
    alarms: amiss.filter(({ forMs }) => forMs >= policy.settleMs).map(sentence),
    // Seen for the first time, it is most often a report on its way.
    warnings: [],
    fine: `${work.length} attempts are with the drones that have them`,
  });
}
