import type { ScheduleCheck, ScheduleRunView, ScheduleView } from '@swarm/contracts';

import { clockTime, plain, table } from './text.js';

export function printSchedules(schedules: readonly ScheduleView[], now: Date): string {
  return table(
    ['schedule', 'profile', 'when', 'state', 'next (UTC)', 'last run'],
    schedules.map((schedule) => [
      schedule.name,
      schedule.profile,
      whenText(schedule),
      stateText(schedule, now),
      schedule.nextAt === null ? 'never' : clockTime(schedule.nextAt, now),
      schedule.lastRun === null ? 'none' : runText(schedule.lastRun, now),
    ]),
    'There is no schedule: `swarm schedule add nightly --cron "30 2 * * *"` makes one.',
  );
}

export function printAdded(schedule: ScheduleView, now: Date): string {
  const next = schedule.nextAt === null ? 'never' : `${clockTime(schedule.nextAt, now)} UTC`;
  return `schedule ${schedule.name} (${whenText(schedule)}) ${stateText(schedule, now)}; next: ${next}\n`;
}

/** The answer to "will it fire, and did it?", for each schedule. */
export function printChecks(
  { leading, checks }: { readonly leading: boolean; readonly checks: readonly ScheduleCheck[] },
  now: Date,
): string {
  const head = leading
    ? 'A scheduler leads: it answered just now.'
    : 'NO SCHEDULER LEADS: nothing fires until one does.';
  const bodies = checks.map((check) => checkText(check, now));
  return [head, ...(bodies.length > 0 ? bodies : ['There is no schedule.']), ''].join('\n');
}

function checkText({ schedule, mistakes, next, overdue, missed, verdict }: ScheduleCheck, now: Date): string {
  const { lastRun } = schedule;
  const times = next.map(({ at, local }) => `${local} (${at.slice(0, 16).replace('T', ' ')} UTC)`);
  return [
    `${schedule.name}: ${plain(verdict)}`,
    `  when: ${whenText(schedule)}; overlap ${schedule.overlap}, catch-up ${schedule.catchUp}`,
    ...mistakes.map(({ field, message }) => `  wrong: ${field}: ${plain(message)}`),
    `  next: ${times.join(', ') || 'never'}`,
    `  last run: ${lastRun === null ? 'none' : runText(lastRun, now)}`,
    ...overdue.map((at) => `  OVERDUE: ${clockTime(at, now)}`),
    ...missed.map((run) => `  missed: ${missedText(run, now)}`),
  ].join('\n');
}

function whenText({ cron, zone, jitterMaxMs }: ScheduleView): string {
  const jitter = jitterMaxMs === 0 ? '' : `, put off by up to ${Math.round(jitterMaxMs / 1000)} s`;
  return `${plain(cron)} ${plain(zone)}${jitter}`;
}

function stateText({ enabled, pause }: ScheduleView, now: Date): string {
  if (!enabled) return 'disabled';
  if (pause === null || new Date(pause.until) <= now) return 'enabled';
  return `paused until ${clockTime(pause.until, now)} by ${plain(pause.author)}: ${plain(pause.reason)}`;
}

function runText({ startedAt, state, outcome, detail }: ScheduleRunView, now: Date): string {
  return `${clockTime(startedAt, now)} ${outcome ?? state}: ${plain(detail)}`;
}

function missedText(
  { firstOccurrence, occurrence, covers, outcome, detail }: ScheduleRunView,
  now: Date,
): string {
  const [first, last] = [firstOccurrence, occurrence].map((at) => (at === null ? '' : clockTime(at, now)));
  const span = covers === 1 ? last : `${covers} times from ${first} to ${last}`;
  return outcome === 'missed' ? `${span}: ${plain(detail)}` : `${span}: one run made up for them`;
}
