import { sinceMs, spanText, verdictOf, type DiskFloor, type SweepPolicy, type Verdict } from './check.js';
import type { DeadLetters, DiskReport, OutboxLag, SweepFacts, WatchedLeader } from './facts.js';

const GIB = 1024 ** 3;
/** Whose disk everything that is published lies on. */
const BINHOST = 'binhost';

/** Messages that wait in the outbox for long, and those that can never be sent. */
export function checkOutbox(lags: readonly OutboxLag[], _now: Date, policy: SweepPolicy): Verdict {
  const sentence = ({ source, unsent, unsentForMs }: OutboxLag): string =>
    `${unsent} messages of the ${source} are not sent, the oldest for ${spanText(unsentForMs)}: does it run, and does it reach NATS? its log says why`;
  const isLate = ({ unsentForMs }: OutboxLag): boolean => unsentForMs >= policy.outboxAlarmMs;
  return verdictOf({
    alarms: [
      ...lags.filter(isLate).map(sentence),
      ...lags
        .filter(({ parked }) => parked > 0)
        .map(
          ({ source, parked }) =>
            `${parked} messages of the ${source} can never be sent: report them with \`select * from outbox where parked_reason is not null\`, then delete them`,
        ),
    ],
    warnings: lags.filter((lag) => lag.unsentForMs >= policy.outboxWarningMs && !isLate(lag)).map(sentence),
    fine: `${lags.reduce((sum, { unsent }) => sum + unsent, 0)} messages on their way`,
  });
}

/** Messages that nobody could handle, while they are news; they are kept for longer. */
export function checkDeadLetters({ count, latestAt }: DeadLetters, now: Date, policy: SweepPolicy): Verdict {
  const isNews = latestAt !== null && sinceMs(latestAt, now) < policy.deadLetterMs;
  return verdictOf({
    alarms: isNews
      ? [
          `${count} dead letters, the latest of ${spanText(sinceMs(latestAt, now))} ago: \`nats stream view DEAD\` says who could not handle what, and why`,
        ]
      : [],
    warnings: [],
    fine: count === 0 ? 'no dead letters' : `${count} dead letters, none of them new`,
  });
}

/** A round trip through NATS: a service that runs and hears nothing is of no use (S31). */
export function checkNats({ failure }: SweepFacts['nats']): Verdict {
  return verdictOf({
    alarms:
      failure === null
        ? []
        : [`NATS does not answer the health monitor (${failure}): no drone is heard; is nats-server up?`],
    warnings: [],
    fine: 'a round trip through NATS came back',
  });
}

/** Disks on which the swarm keeps what it made. */
export function checkDisk(reports: readonly DiskReport[], now: Date, policy: SweepPolicy): Verdict {
  const sentence = ({ place, freeBytes, totalBytes }: DiskReport): string =>
    `the disk of the ${place} has ${gib(freeBytes)} GiB free of ${gib(totalBytes)}: make room before uploads are refused`;
  const fresh = reports.filter(({ at }) => sinceMs(at, now) < policy.diskReportMs);
  const low = fresh.filter((report) => isBelow(report, policy.diskAlarm));
  const untold = reports
    .filter((report) => !fresh.includes(report))
    .map(
      ({ place, at }) =>
        `the ${place} has not told for ${spanText(sinceMs(at, now))} how full its disk is: does it lead?`,
    );
  const never = reports.some(({ place }) => place === BINHOST)
    ? []
    : [`the ${BINHOST} has never told how full its disk is: does it lead?`];
  return verdictOf({
    alarms: low.map(sentence),
    warnings: [
      ...fresh.filter((each) => !low.includes(each) && isBelow(each, policy.diskWarning)).map(sentence),
      ...untold,
      ...never,
    ],
    fine: fresh.map(({ place, freeBytes }) => `${place}: ${gib(freeBytes)} GiB free`).join(', '),
  });
}

function isBelow({ freeBytes, totalBytes }: DiskReport, { share, bytes }: DiskFloor): boolean {
  return freeBytes < Math.min(totalBytes * share, bytes);
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}

/** Services that nobody leads: a process of theirs may run and do nothing. */
export function checkLeaders(leaders: readonly WatchedLeader[], now: Date, policy: SweepPolicy): Verdict {
  const free = leaders.flatMap(({ service, freeSince }) =>
    freeSince === null ? [] : [{ service, forMs: sinceMs(freeSince, now) }],
  );
  const sentence = ({ service, forMs }: (typeof free)[number]): string =>
    `no process leads the ${service}, for ${spanText(forMs)} now: is one running, and does it reach Postgres?`;
  return verdictOf({
    alarms: free.filter(({ forMs }) => forMs >= policy.unledMs).map(sentence),
    warnings: free.filter(({ forMs }) => forMs < policy.unledMs).map(sentence),
    fine: leaders.map(({ service }) => `${service} is led`).join(', '),
  });
}
