import type { ScheduleRunView, ScheduleView } from '@swarm/contracts';
import { jitterMs, type Schedule, type ScheduleRun } from '@swarm/domain-schedule';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';

type Ports = Pick<GatewayPorts, 'schedules' | 'calendar' | 'clock'>;

/** Every schedule, with when it fires next and its last run. */
export async function readSchedules(ports: Ports): Promise<ScheduleView[]> {
  const all = await ports.schedules.all();
  return Promise.all(all.map(({ value }) => viewOf(ports, value)));
}

export async function readSchedule(ports: Ports, name: string): Promise<ScheduleView> {
  const found = await ports.schedules.find(name);
  if (found) return viewOf(ports, found.value);
  throw new ApiRefusal(
    'not-found',
    `name: there is no schedule "${name}".`,
    'GET /api/v1/schedules lists them.',
  );
}

/** Newest first. */
export async function readRuns(
  { schedules }: Pick<Ports, 'schedules'>,
  limit: number,
  schedule?: string,
): Promise<ScheduleRunView[]> {
  return (await schedules.runs(limit, schedule)).map(runView);
}

export async function viewOf(ports: Ports, schedule: Schedule): Promise<ScheduleView> {
  const { settledUntil: _settled, createdAt: _created, targets, pause, ...fields } = schedule;
  const [last] = await ports.schedules.runs(1, schedule.name);
  const now = ports.clock.now();
  return {
    ...fields,
    targets: [...targets],
    pause: pause && {
      ...{ author: pause.author, reason: pause.reason },
      ...{ at: pause.at.toISOString(), until: pause.until.toISOString() },
    },
    nextAt: schedule.enabled ? (nextFireAt(ports, schedule, now)?.toISOString() ?? null) : null,
    lastRun: last ? runView(last) : null,
  };
}

/** The next occurrences of a schedule after an instant, without jitter; fewer where there are no more. */
export function nextOccurrences(
  { calendar }: Pick<Ports, 'calendar'>,
  schedule: Schedule,
  { after, count }: { readonly after: Date; readonly count: number },
): Date[] {
  // A rule that was right once may be wrong for this version; that is told, and no reason to fail.
  if (!calendar.check(schedule).ok) return [];
  const found: Date[] = [];
  for (
    let at = calendar.next(schedule, after);
    at && found.length < count;
    at = calendar.next(schedule, at)
  ) {
    found.push(at);
  }
  return found;
}

/** With its jitter, and after the pause where there is one. */
function nextFireAt(ports: Ports, schedule: Schedule, now: Date): Date | undefined {
  const { pause } = schedule;
  const after = pause && pause.until > now ? pause.until : now;
  const [next] = nextOccurrences(ports, schedule, { after, count: 1 });
  return next && new Date(next.getTime() + jitterMs(schedule, next));
}

export function runView(run: ScheduleRun): ScheduleRunView {
  const { id, schedule, profile, covers, state, outcome, detail, planId } = run;
  return {
    ...{ id, schedule, profile, covers, state, outcome, detail, planId },
    occurrence: run.occurrence?.toISOString() ?? null,
    firstOccurrence: run.firstOccurrence?.toISOString() ?? null,
    startedAt: run.startedAt.toISOString(),
    since: run.since.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
  };
}
