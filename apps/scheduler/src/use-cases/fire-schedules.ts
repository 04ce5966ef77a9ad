import { outgoing } from '@swarm/contracts';
import {
  decideFiring,
  dueOccurrences,
  missedAlarm,
  runAfter,
  type Firing,
  type Schedule,
  type ScheduleRun,
} from '@swarm/domain-schedule';
import type { Outgoing, Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import { runEnded, runOfRecord, runStarted } from './new-run.js';

/** Records of a schedule that are looked at to see what fired before the clock went back. */
const MAX_KNOWN = 1_000;

type Ports = Pick<SchedulerPorts, 'schedules' | 'calendar' | 'clock' | 'entropy' | 'log'>;

/**
 * Fires what is due: the rows of what begins, waits, is skipped or was missed are stored with their events and the
 * instant up to which all is settled, before any work (S1). A crash before that leaves everything to the next look.
 */
export class FireSchedules {
  constructor(private readonly ports: Ports) {}

  async execute(): Promise<void> {
    const { schedules, log } = this.ports;
    const all = await schedules.all();
    if (all.length === 0) return;
    const open = await schedules.openRuns();
    for (const schedule of all) {
      const { name } = schedule.value;
      try {
        const ofIt = open.filter((run) => run.value.schedule === name);
        await this.#fire(schedule, ofIt);
      } catch (error) {
        // One schedule that cannot be read must not hold up the others; the health monitor raises the alarm.
        log.error(
          { schedule: name, error: error instanceof Error ? error.message : error },
          'schedule not fired',
        );
      }
    }
  }

  async #fire(
    { value: schedule, revision }: Versioned<Schedule>,
    open: readonly Versioned<ScheduleRun>[],
  ): Promise<void> {
    const { schedules, calendar, clock, log } = this.ports;
    const now = clock.now();
    const { name } = schedule;
    const due = dueOccurrences(schedule, calendar, now);
    const known = new Set<number>();
    if (due.occurrences.length > 0) {
      for (const { occurrence } of await schedules.runs(MAX_KNOWN, name)) {
        if (occurrence) known.add(occurrence.getTime());
      }
    }
    const firing = decideFiring(schedule, { due, known, open: open.map(({ value }) => value) }, now);
    if (!firing) return;
    if (firing.settledUntil < schedule.settledUntil) log.warn({ schedule: name }, 'the clock went back');
    const saved = await schedules.settle({
      schedule: { ...schedule, settledUntil: firing.settledUntil },
      expected: revision,
      ...this.#changes(schedule, firing, open),
    });
    // Another writer was first: the next look decides about what that one stored.
    if (saved === 'conflict') return;
    for (const { occurrence, covers, verdict } of firing.records) {
      log.info({ schedule: name, occurrence, covers, ...verdict }, 'schedule settled');
    }
  }

  #changes(
    schedule: Schedule,
    firing: Firing,
    open: readonly Versioned<ScheduleRun>[],
  ): {
    readonly newRuns: readonly ScheduleRun[];
    readonly changedRuns: readonly Versioned<ScheduleRun>[];
    readonly outgoing: readonly Outgoing[];
  } {
    const { clock, entropy } = this.ports;
    const now = clock.now();
    const sha256 = (text: string): string => entropy.sha256(text);
    const newRuns = firing.records.map((record) => runOfRecord(schedule, record, { now, sha256 }));
    const started = newRuns.filter(({ state }) => state === 'syncing').map((run) => runStarted(run, now));
    const ended = newRuns.filter(({ state }) => state === 'ended').map((run) => runEnded(run, now));
    const alarms = firing.alarms.map((occurrence) => {
      const alarm = missedAlarm(schedule, occurrence, { by: 'scheduler', now, sha256 });
      return outgoing('ScheduleMissed', alarm.id, { ...alarm });
    });
    return {
      newRuns,
      changedRuns: replacedRuns(open, firing.replaced, now),
      outgoing: [...alarms, ...started, ...ended],
    };
  }
}

/** The runs that a newer one replaces, on their way to their end; their plans are cancelled when they get there. */
export function replacedRuns(
  open: readonly Versioned<ScheduleRun>[],
  ids: readonly string[],
  now: Date,
): readonly Versioned<ScheduleRun>[] {
  return open.flatMap(({ value, revision }) => {
    if (!ids.includes(value.id)) return [];
    const detail = `replaced by a newer run while it was ${value.state}`;
    const closed = runAfter(value, { type: 'closed', outcome: 'replaced', detail }, now);
    return closed.ok ? [{ value: closed.value, revision }] : [];
  });
}
