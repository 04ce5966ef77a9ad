import { outgoing } from '@swarm/contracts';
import {
  alarmsOf,
  dueOccurrences,
  missedAlarm,
  type Calendar,
  type Schedule,
  type ScheduleRepository,
} from '@swarm/domain-schedule';
import type { Clock, Log } from '@swarm/kernel';

/** With the time after which an occurrence counts as missed, an alarm is raised within 2 min of when it was due. */
const LOOK_EVERY_MS = 30_000;

/** What the watch needs from outside. */
export interface WatchPorts {
  readonly schedules: Pick<ScheduleRepository, 'all' | 'raise'>;
  readonly calendar: Calendar;
  readonly clock: Clock;
  /** Of a text, in hex. */
  readonly sha256: (text: string) => string;
  readonly log: Log;
  /** Told when an alarm was raised, so that it is on record as a check as soon. */
  readonly onMissed?: () => void;
}

/**
 * A scheduler that is dead raises no alarm of its own, so the monitor looks at the ledger with the scheduler's own
 * eyes: what is due, overdue, and on no record (S1). Whoever of the two is first raises the alarm, once.
 */
export class WatchSchedules {
  #lookedAtMs: number | undefined;
  /** Newest alarm that this process raised for each schedule: its older ones are raised, too. */
  readonly #raised = new Map<string, number>();

  constructor(private readonly ports: WatchPorts) {}

  /** Never rejects: drones are judged whatever is wrong with schedules. */
  async execute(): Promise<void> {
    const now = this.ports.clock.now();
    const sinceMs = now.getTime() - (this.#lookedAtMs ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs < LOOK_EVERY_MS) return;
    try {
      for (const { value } of await this.ports.schedules.all()) await this.#watch(value, now);
      this.#lookedAtMs = now.getTime();
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      this.ports.log.error({ error: reason }, 'schedules not watched');
    }
  }

  async #watch(schedule: Schedule, now: Date): Promise<void> {
    const { calendar, schedules, sha256, log } = this.ports;
    if (!calendar.check(schedule).ok) {
      log.error(
        { schedule: schedule.name, cron: schedule.cron, zone: schedule.zone },
        'schedule cannot be read',
      );
      return;
    }
    const { occurrences } = dueOccurrences(schedule, calendar, now);
    const known = this.#raised.get(schedule.name) ?? Number.NEGATIVE_INFINITY;
    const missed = alarmsOf(schedule, occurrences, now).filter(({ at }) => at.getTime() > known);
    const last = missed.at(-1);
    if (last === undefined) return;
    const alarms = missed.map((each) => missedAlarm(schedule, each, { by: 'health-monitor', now, sha256 }));
    await schedules.raise(alarms.map((alarm) => outgoing('ScheduleMissed', alarm.id, { ...alarm })));
    this.#raised.set(schedule.name, last.at.getTime());
    this.ports.onMissed?.();
    log.error({ schedule: schedule.name, missed: alarms.map(({ due }) => due) }, 'schedule missed');
  }
}
