import { outgoing } from '@swarm/contracts';
import { sweep, type AlarmChange, type SweepLooks, type SweepPolicy } from '@swarm/domain-maintenance';
import type { MaintenanceRepository } from '@swarm/domain-maintenance';
import type { Clock, Log } from '@swarm/kernel';

export interface SweepPorts {
  readonly looks: { all(): Promise<SweepLooks> };
  readonly maintenance: Pick<MaintenanceRepository, 'checks' | 'save'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly policy: SweepPolicy;
}

/**
 * One maintenance sweep: every check is made, and stored with its result. An alarm that begins or ends is an event and
 * a line of the log, once, through restarts of the monitor too: what was told is in the ledger.
 */
export class Sweep {
  constructor(private readonly ports: SweepPorts) {}

  /** Rejects when the ledger cannot be read or written: then the last sweep grows old, and `swarm doctor` says so. */
  async execute(): Promise<void> {
    const { looks, maintenance, clock, policy } = this.ports;
    const found = await looks.all();
    const before = await maintenance.checks();
    const now = clock.now();
    const { records, changes } = sweep(found, before, { now, policy });
    const news = changes.map((change) => this.#news(change, now));
    const after = before.reduce<Date | null>(
      (latest, { ranAt }) => (latest === null || ranAt > latest ? ranAt : latest),
      null,
    );
    // Another monitor was first: what it stored is judged by the next sweep.
    if ((await maintenance.save({ records, after, outgoing: news })) === 'conflict') return;
    for (const { name, state, detail } of changes) {
      if (state === 'raised') this.ports.log.error({ check: name, detail }, 'alarm raised');
      else this.ports.log.info({ check: name, detail }, 'alarm ended');
    }
  }

  #news({ name, state, detail, since }: AlarmChange, now: Date): ReturnType<typeof outgoing> {
    const id = this.ports.newId();
    return outgoing('AlarmMoved', id, {
      ...{ id, at: now.toISOString(), check: name, state, detail, since: since.toISOString() },
    });
  }
}
