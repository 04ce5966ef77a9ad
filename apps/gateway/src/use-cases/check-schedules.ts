import { ScheduleAnswered, ScheduleAsked, type ScheduleCheck } from '@swarm/contracts';
import { checkSchedule, dueOccurrences, isMissed, isPaused, type Schedule } from '@swarm/domain-schedule';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { nextOccurrences, runView, viewOf } from './read-schedules.js';

/** How long a scheduler that leads may take to say so. */
const LEADING_LIMIT_MS = 2_000;
/** Next times that a check names. */
const NEXT_TIMES = 3;
/** Records among which a check looks for missed occurrences, and most overdue ones that it names. */
const MAX_RECORDS = 200;
const MAX_NAMED = 10;

type Ports = Pick<GatewayPorts, 'schedules' | 'calendar' | 'clock' | 'bus' | 'newId' | 'profiles'>;

/** Whether schedules are right and will fire, seen from outside of the scheduler (S1). */
export async function checkSchedules(
  ports: Ports,
  name?: string,
): Promise<{ leading: boolean; checks: ScheduleCheck[] }> {
  const leading = await isLed(ports);
  const wanted = (await ports.schedules.all()).filter(
    ({ value }) => name === undefined || value.name === name,
  );
  if (name !== undefined && wanted.length === 0) {
    throw new ApiRefusal(
      'not-found',
      `schedule: there is none "${name}".`,
      'GET /api/v1/schedules lists them.',
    );
  }
  const checks = [];
  for (const { value } of wanted) checks.push(await checkOf(ports, value, leading));
  return { leading, checks };
}

/** Only a scheduler that leads answers: what the ledger says of a leader may be old. */
async function isLed({ bus, newId }: Pick<Ports, 'bus' | 'newId'>): Promise<boolean> {
  const question = { requestId: newId(), wish: { kind: 'check' as const } };
  return bus.request(ScheduleAsked, question, ScheduleAnswered, LEADING_LIMIT_MS).then(
    () => true,
    () => false,
  );
}

async function checkOf(ports: Ports, schedule: Schedule, leading: boolean): Promise<ScheduleCheck> {
  const { schedules, calendar, clock, profiles } = ports;
  const now = clock.now();
  const mistakes = [...checkSchedule(schedule, calendar)];
  const profile = await profiles.find(schedule.profile);
  if (profile?.targets.length === 0 && schedule.targets.length === 0) {
    mistakes.push({ field: 'targets', message: `name some: profile "${profile.name}" has none of its own` });
  }
  const isRight = calendar.check(schedule).ok;
  const due = isRight ? dueOccurrences(schedule, calendar, now).occurrences : [];
  const overdue = due.filter((each) => isMissed(each, now) && !isPaused(schedule, each));
  const records = await schedules.runs(MAX_RECORDS, schedule.name);
  // A record that stands for several occurrences has made up for all but its own.
  const missed = records.filter(({ outcome, covers }) => outcome === 'missed' || covers > 1);
  const next = nextOccurrences(ports, schedule, { after: now, count: NEXT_TIMES });
  return {
    schedule: await viewOf(ports, schedule),
    mistakes,
    next: next.map((at) => ({ at: at.toISOString(), local: localTime(at, schedule.zone) })),
    overdue: overdue.slice(0, MAX_NAMED).map(({ at }) => at.toISOString()),
    missed: missed.slice(0, MAX_NAMED).map(runView),
    verdict: verdictOf(schedule, { leading, mistakes: mistakes.length, overdue: overdue.length, now }),
  };
}

function verdictOf(
  { enabled, pause }: Schedule,
  found: {
    readonly leading: boolean;
    readonly mistakes: number;
    readonly overdue: number;
    readonly now: Date;
  },
): string {
  if (found.mistakes > 0) return 'it cannot fire as it is written: remove it, and add it right';
  if (!enabled) return 'it does not fire: it is disabled';
  if (!found.leading) return 'it does not fire: no scheduler leads';
  if (found.overdue > 0) return `it is late: ${found.overdue} occurrences wait although a scheduler leads`;
  if (pause && pause.until > found.now) {
    return `it rests until ${pause.until.toISOString()}: paused by ${pause.author}: ${pause.reason}`;
  }
  return 'it will fire';
}

/** As a clock on the wall of that zone shows it, with its offset: `Sun 2026-03-29 03:00 GMT+2`. */
function localTime(at: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    ...{ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', timeZoneName: 'shortOffset' },
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((part) => part.type === type)?.value ?? '';
  const date = `${of('year')}-${of('month')}-${of('day')}`;
  return `${of('weekday')} ${date} ${of('hour')}:${of('minute')} ${of('timeZoneName')}`;
}
