import { ScheduleAnswered, ScheduleAsked, type ScheduleView } from '@swarm/contracts';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { readSchedule } from './read-schedules.js';

/** How long the scheduler may take to store a change of a schedule. */
export const SCHEDULE_ANSWER_LIMIT_MS = 10_000;

type Wish = ScheduleAsked['wish'];
type Ports = Pick<GatewayPorts, 'schedules' | 'calendar' | 'clock' | 'bus' | 'newId'>;

/** Has the scheduler change a schedule, and answers with the schedule as it is then. */
export async function askSchedule(
  ports: Ports,
  wish: Exclude<Wish, { kind: 'remove' | 'run' | 'check' }>,
): Promise<ScheduleView> {
  const name = wish.kind === 'add' ? wish.schedule.name : wish.name;
  await ask(ports, ports.newId(), wish);
  return readSchedule(ports, name);
}

/** Has the scheduler remove a schedule. */
export async function removeSchedule(ports: Ports, name: string): Promise<{ name: string }> {
  await ask(ports, ports.newId(), { kind: 'remove', name });
  return { name };
}

/** Has the scheduler run a schedule now; the run is on record when this resolves. */
export async function runSchedule(
  ports: Ports,
  name: string,
  requestId = ports.newId(),
): Promise<{ runId: string }> {
  const { runId } = await ask(ports, requestId, { kind: 'run', name });
  return { runId: runId ?? requestId };
}

async function ask({ bus }: Ports, requestId: string, wish: Wish): Promise<ScheduleAnswered> {
  const answer = await bus
    .request(ScheduleAsked, { requestId, wish }, ScheduleAnswered, SCHEDULE_ANSWER_LIMIT_MS)
    .catch(() => Promise.reject(noScheduler(wish)));
  switch (answer.outcome) {
    case 'done':
      return answer;
    case 'unknown':
      throw new ApiRefusal('not-found', `name: ${answer.reason}.`, 'GET /api/v1/schedules lists them.');
    case 'refused':
      // What is wrong with a schedule is the caller's; what stands in the way of a change is not.
      throw new ApiRefusal(
        wish.kind === 'add' || wish.kind === 'pause' ? 'bad-input' : 'conflict',
        answer.reason,
      );
  }
}

function noScheduler({ kind }: Wish): ApiRefusal {
  return new ApiRefusal(
    'unavailable',
    `No scheduler leads, or it did not answer in time; it may still do it (${kind}).`,
    'See that one runs, then ask again: every request may come twice.',
  );
}
