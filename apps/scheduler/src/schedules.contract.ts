import { createHash, randomUUID } from 'node:crypto';

import { cronCalendar } from '@swarm/adapter-cron';
import type { ScheduleAnswered, ScheduleAsked } from '@swarm/contracts';
import type { Plan } from '@swarm/domain-plan';
import type { ScheduleRun } from '@swarm/domain-schedule';
import { silentLogger } from '@swarm/platform';

import { compose, type UseCases } from './compose.js';
import { Ground, policy, PROFILE } from './scheduler.contract.js';
import { documentOf } from './plan-document.reader.js';
import type { SchedulerPorts } from './scheduler.ports.js';

type Draft = Extract<ScheduleAsked['wish'], { kind: 'add' }>['schedule'];

/** A call to the ledger that a scheduler does not survive: it is made, or not, and nothing comes after it. */
export interface Death {
  readonly port: 'schedules' | 'plans' | 'jobs';
  /** Counted from 1 over the writes of that port. */
  readonly write: number;
  readonly isStored: boolean;
}

const WRITES = ['settle', 'saveRun', 'startRun', 'create', 'save'];

/** Schedulers that follow each other over the ledger of a Ground, each with its own memory. */
export class ScheduleGround extends Ground {
  #next = this.#newScheduler();

  /** The old one is gone without a word; a new one leads. */
  restart(death?: Death): void {
    this.#next = this.#newScheduler(death);
  }

  #newScheduler(death?: Death): UseCases {
    const ports = this.ports(death);
    return compose(ports, ports.jobs);
  }

  ports(death?: Death): SchedulerPorts {
    const ports = {
      ...this.db,
      calendar: cronCalendar(),
      clock: this.clock,
      entropy: {
        id: () => randomUUID(),
        token: () => randomUUID(),
        sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
      },
      log: silentLogger(),
      policy,
      readDocument: documentOf,
      binhostUrl: 'http://127.0.0.1:1',
    };
    return death ? { ...ports, ...mortal(ports, death) } : ports;
  }

  /** One round of the scheduler that leads. */
  async look(afterMs = 1_000): Promise<void> {
    this.clock.advance(afterMs);
    await this.#next.schedules.execute();
  }

  ask(wish: ScheduleAsked['wish'], requestId: string = randomUUID()): Promise<ScheduleAnswered> {
    return this.#next.keepSchedules.execute({ requestId, wish });
  }

  /** A schedule of every hour; the clock stands at a whole hour. */
  async schedule(over: Partial<Draft> = {}): Promise<void> {
    await this.db.profiles.put({
      name: PROFILE,
      kind: 'portage',
      targets: ['@world'],
      createdAt: this.clock.now(),
    });
    const schedule: Draft = {
      ...{ name: 'hourly', profile: PROFILE, targets: [], cron: '0 * * * *', zone: 'UTC' },
      ...{ overlap: 'skip', catchUp: 'one', jitterMaxMs: 0 },
      ...over,
    };
    const answer = await this.ask({ kind: 'add', schedule });
    if (answer.outcome !== 'done') throw new Error(answer.reason);
  }

  /** Oldest first. */
  async runs(): Promise<readonly ScheduleRun[]> {
    return (await this.db.schedules.runs(1_000)).toReversed();
  }

  async states(): Promise<readonly string[]> {
    return (await this.runs()).map(({ state, outcome }) => outcome ?? state);
  }

  async plans(): Promise<readonly Plan[]> {
    return this.db.plans.recent(1_000);
  }

  async movePlan(id: string, over: Partial<Plan>): Promise<void> {
    const found = await this.db.plans.find(id);
    if (!found) throw new Error(`no plan ${id}`);
    const { value, revision } = found;
    const change = { plan: { ...value, ...over }, expected: revision, newJobs: [], outgoing: [] };
    await this.db.plans.save({ ...change, at: this.clock.now() });
  }

  async messages(...names: readonly string[]): Promise<readonly { message: string; payload: unknown }[]> {
    const all = await this.db.events.latest(10_000);
    return all.filter(({ message }) => names.length === 0 || names.includes(message));
  }
}

/** The ports of a process that dies at one of its writes: from then on, none of its calls does anything. */
function mortal(ports: SchedulerPorts, { port, write, isStored }: Death): Partial<SchedulerPorts> {
  let writes = 0;
  let isDead = false;
  const wrap = (name: Death['port']): object =>
    new Proxy(ports[name], {
      get: (target, key, receiver) => {
        const call = Reflect.get(target, key, receiver) as (...given: unknown[]) => Promise<unknown>;
        return async (...given: unknown[]): Promise<unknown> => {
          if (isDead) throw new Error('the process is dead');
          if (name !== port || !WRITES.includes(String(key))) return call(...given);
          writes += 1;
          if (writes < write) return call(...given);
          isDead = true;
          if (isStored) await call(...given);
          throw new Error('the process died');
        };
      },
    });
  const dying: Partial<Record<Death['port'], object>> = {};
  for (const name of ['schedules', 'plans', 'jobs'] as const) dying[name] = wrap(name);
  return dying as Partial<SchedulerPorts>;
}
