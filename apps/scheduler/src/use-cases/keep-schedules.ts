import type { ScheduleAnswered, ScheduleAsked } from '@swarm/contracts';
import {
  admitRequest,
  checkSchedule,
  MAX_PAUSE_MS,
  type Schedule,
  type ScheduleDraft,
} from '@swarm/domain-schedule';
import type { Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import { replacedRuns } from './fire-schedules.js';
import { requestedRun, runStarted } from './new-run.js';

/** Writers that are first are rare; a change that loses this often in a row is a fault. */
const MAX_CONTENTIONS = 8;

type Ports = Pick<SchedulerPorts, 'schedules' | 'profiles' | 'calendar' | 'clock' | 'log'>;
type Wish = ScheduleAsked['wish'];
type Answer = Omit<ScheduleAnswered, 'requestId'>;
type Change = Extract<Wish, { kind: 'enable' | 'disable' | 'pause' | 'resume' }>;

const DONE: Answer = { outcome: 'done', runId: null, reason: '' };

/** Schedules as people change them. Every request may come twice. */
export class KeepSchedules {
  constructor(private readonly ports: Ports) {}

  async execute({ requestId, wish }: ScheduleAsked): Promise<ScheduleAnswered> {
    const answer = await this.#answer(requestId, wish);
    if (wish.kind !== 'check') this.ports.log.info({ requestId, wish, ...answer }, 'schedule asked for');
    return { requestId, ...answer };
  }

  async #answer(requestId: string, wish: Wish): Promise<Answer> {
    switch (wish.kind) {
      case 'check':
        return DONE;
      case 'add':
        return this.#add(wish.schedule);
      case 'remove':
        return (await this.ports.schedules.remove(wish.name)) ? DONE : unknown(wish.name);
      case 'run':
        return this.#contend(wish.name, (found) => this.#run(requestId, found));
      case 'enable':
      case 'disable':
      case 'pause':
      case 'resume':
        return this.#contend(wish.name, (found) => this.#change(found, wish));
    }
  }

  async #add(draft: ScheduleDraft): Promise<Answer> {
    const { schedules, profiles, calendar, clock } = this.ports;
    const mistakes = checkSchedule(draft, calendar);
    if (mistakes.length > 0) {
      return refused(mistakes.map(({ field, message }) => `${field}: ${message}`).join('; '));
    }
    const known = (await profiles.all()).map(({ name }) => name);
    if (!known.includes(draft.profile)) {
      return refused(`profile: there is no profile "${draft.profile}"; known: ${known.join(', ') || 'none'}`);
    }
    const now = clock.now();
    // What was before now is none of its business.
    const schedule = { ...draft, enabled: true, pause: null, settledUntil: now, createdAt: now };
    if ((await schedules.add(schedule)) === 'stored') return DONE;
    const found = await schedules.find(draft.name);
    if (found && isSame(found.value, draft)) return DONE;
    return refused(
      `name: there is another schedule "${draft.name}": remove it first, or choose another name`,
    );
  }

  /** Reads, decides and stores, and does so again where another writer was first. */
  async #contend(
    name: string,
    attempt: (found: Versioned<Schedule>) => Promise<Answer | 'conflict'>,
  ): Promise<Answer> {
    for (let tries = 0; tries < MAX_CONTENTIONS; tries += 1) {
      const found = await this.ports.schedules.find(name);
      if (!found) return unknown(name);
      const answer = await attempt(found);
      if (answer !== 'conflict') return answer;
    }
    return refused(`schedule "${name}" is changed by others all the time: try again`);
  }

  async #change({ value, revision }: Versioned<Schedule>, wish: Change): Promise<Answer | 'conflict'> {
    const after = this.#changed(value, wish);
    if (typeof after === 'string') return refused(after);
    if (after === value) return DONE;
    return (await this.ports.schedules.save(after, revision)) === 'saved' ? DONE : 'conflict';
  }

  /** The schedule as it is wished for, or what is wrong with the wish. */
  #changed(schedule: Schedule, wish: Change): Schedule | string {
    const now = this.ports.clock.now();
    switch (wish.kind) {
      case 'enable':
        // It has no occurrences while it is disabled, so there are none to make up for.
        return schedule.enabled ? schedule : { ...schedule, enabled: true, settledUntil: now };
      case 'disable':
        return schedule.enabled ? { ...schedule, enabled: false } : schedule;
      case 'resume':
        return schedule.pause === null ? schedule : { ...schedule, pause: null };
      case 'pause': {
        const { forMs, author, reason } = wish;
        if (forMs > MAX_PAUSE_MS) {
          return `forMs: a pause lasts at most ${MAX_PAUSE_MS} ms: disable the schedule instead`;
        }
        return { ...schedule, pause: { at: now, until: new Date(now.getTime() + forMs), author, reason } };
      }
    }
  }

  /** Now, whether or not it is enabled or paused: a person wants it. */
  async #run(requestId: string, { value, revision }: Versioned<Schedule>): Promise<Answer | 'conflict'> {
    const { schedules, clock } = this.ports;
    if (await schedules.findRun(requestId)) return { ...DONE, runId: requestId };
    const open = (await schedules.openRuns()).filter((run) => run.value.schedule === value.name);
    const { kind, why, replaced } = admitRequest(
      value,
      open.map((run) => run.value),
    );
    if (kind === 'skipped')
      return refused(`${why}, and the overlap policy of "${value.name}" is ${value.overlap}`);
    const now = clock.now();
    const { name: schedule, profile, targets } = value;
    const state = kind === 'start' ? ('syncing' as const) : ('queued' as const);
    const run = requestedRun({ id: requestId, schedule, profile, targets }, now, { state, why });
    const saved = await schedules.settle({
      ...{ schedule: value, expected: revision, newRuns: [run] },
      changedRuns: replacedRuns(open, replaced, now),
      outgoing: kind === 'start' ? [runStarted(run, now)] : [],
    });
    return saved === 'saved' ? { ...DONE, runId: requestId } : 'conflict';
  }
}

function isSame(schedule: Schedule, draft: ScheduleDraft): boolean {
  const { name, profile, targets, cron, zone, overlap, catchUp, jitterMaxMs } = schedule;
  const written = { name, profile, targets, cron, zone, overlap, catchUp, jitterMaxMs };
  return (Object.keys(written) as (keyof typeof written)[]).every(
    (field) => JSON.stringify(written[field]) === JSON.stringify(draft[field]),
  );
}

function refused(reason: string): Answer {
  return { outcome: 'refused', runId: null, reason };
}

function unknown(name: string): Answer {
  return { outcome: 'unknown', runId: null, reason: `there is no schedule "${name}"` };
}
