import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { cronCalendar } from '@swarm/adapter-cron';
import {
  DroneOrderAnswered,
  DroneOrderAsked,
  PauseAnswered,
  PauseAsked,
  ScheduleAnswered,
  ScheduleAsked,
  type MessageBus,
  type Subscription,
} from '@swarm/contracts';
import { defaultLiveness } from '@swarm/domain-drone';
import type { ScheduleRun } from '@swarm/domain-schedule';
import type { Clock } from '@swarm/kernel';
import { silentLogger } from '@swarm/platform';
import { repositoryRoot } from '@swarm/testing';

import type { TestLedger } from './ledger.fixture.js';

/** What answers for schedules in the scheduler. Applications never import each other, so it is loaded by path. */
interface Keeping {
  readonly KeepSchedules: new (ports: object) => {
    execute(asked: ScheduleAsked): Promise<ScheduleAnswered>;
  };
}

/** A scheduler that leads, as far as requests about schedules go, over the ledger of a test; it fires nothing. */
export async function leadSchedules(
  bus: MessageBus,
  { database }: Pick<TestLedger, 'database'>,
  clock: Clock,
): Promise<Subscription> {
  const file = join(repositoryRoot(), 'apps/scheduler/src/use-cases/keep-schedules.ts');
  const { KeepSchedules } = (await import(pathToFileURL(file).href)) as Keeping;
  const keep = new KeepSchedules({ ...database, calendar: cronCalendar(), clock, log: silentLogger() });
  return bus.answer(ScheduleAsked, ScheduleAnswered, (asked) => keep.execute(asked));
}

/** What answers for pauses there. */
interface KeepingPauses {
  readonly KeepPauses: new (ports: object) => {
    execute(asked: PauseAsked): Promise<PauseAnswered>;
    expire(now: Date): Promise<boolean>;
  };
}

/** A scheduler that leads, as far as pauses go, over the ledger of a test; `look` is what each of its rounds does. */
export async function leadPauses(
  bus: MessageBus,
  { database }: Pick<TestLedger, 'database'>,
  clock: Clock,
): Promise<{ readonly subscription: Subscription; readonly look: () => Promise<boolean> }> {
  const file = join(repositoryRoot(), 'apps/scheduler/src/use-cases/keep-pauses.ts');
  const { KeepPauses } = (await import(pathToFileURL(file).href)) as KeepingPauses;
  const keep = new KeepPauses({ ...database, clock, entropy: { id: randomUUID }, log: silentLogger() });
  const subscription = await bus.answer(PauseAsked, PauseAnswered, (asked) => keep.execute(asked));
  return { subscription, look: () => keep.expire(clock.now()) };
}

/** A record of a schedule that is over, as a scheduler would have stored it. */
export async function recordRun(
  { database }: Pick<TestLedger, 'database'>,
  run: Pick<ScheduleRun, 'schedule' | 'profile' | 'outcome' | 'detail' | 'covers'> & { readonly at: Date },
): Promise<void> {
  const { at, ...fields } = run;
  await database.schedules.startRun(
    {
      ...fields,
      ...{ id: randomUUID(), targets: [], occurrence: at, firstOccurrence: at, startedAt: at, since: at },
      ...{ state: 'ended', configuration: null, planId: null, endedAt: at },
    },
    [],
  );
}

/** What answers for orders about drones in the health monitor. */
interface CarryingOut {
  readonly CarryOutOrders: new (ports: object) => {
    execute(asked: DroneOrderAsked): Promise<DroneOrderAnswered>;
  };
}

/** A health monitor that leads, as far as orders about drones go, over the ledger of a test; it judges nobody. */
export async function leadOrders(
  bus: MessageBus,
  { database }: Pick<TestLedger, 'database'>,
  clock: Clock,
): Promise<Subscription> {
  const file = join(repositoryRoot(), 'apps/health-monitor/src/use-cases/carry-out-orders.ts');
  const { CarryOutOrders } = (await import(pathToFileURL(file).href)) as CarryingOut;
  const carry = new CarryOutOrders({
    ...{ drones: database.drones, clock, newId: randomUUID, log: silentLogger(), liveness: defaultLiveness },
  });
  return bus.answer(DroneOrderAsked, DroneOrderAnswered, (asked) => carry.execute(asked));
}
