import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import pg from 'pg';

import { API_BASE, type PlanDetail } from '@swarm/contracts';
import { CRASH_DIRECTORY, newId } from '@swarm/platform';
import { tempDir, waitFor } from '@swarm/testing';

import { documentOf, type SmallPackage } from './synthetic-world.js';
import { startTestSwarm, type TestSwarm } from './test-swarm.js';

/** Services that are killed, and how many points each passes while a plan of this world is built, roughly. */
const services = { scheduler: 700, binhost: 150, 'health-monitor': 200, healer: 60 } as const;
type Service = keyof typeof services;

/** Few packages and short builds: what is proved is what happens in between. */
const world: readonly SmallPackage[] = [
  { name: 'base', durationMs: 50 },
  { name: 'left', needs: ['base'], durationMs: 50 },
  { name: 'right', needs: ['base'], durationMs: 80 },
  { name: 'top', needs: ['left', 'right'], durationMs: 50 },
  { name: 'alone', durationMs: 300 },
  { name: 'never', fails: 'always', durationMs: 50 },
  { name: 'needs-never', needs: ['never'], durationMs: 50 },
];
const outcome: Readonly<Record<string, string>> = {
  ...{ base: 'published', left: 'published', right: 'published', top: 'published', alone: 'published' },
  ...{ never: 'quarantined', 'needs-never': 'blocked' },
};

const PLAN_LIMIT_MS = 90_000;
const CALM_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 100;
const TWO_AT_ONCE = 0.3;

/** Which services die, and at which of their points, counted from their start. */
export interface CrashSchedule {
  readonly orders: readonly { readonly service: Service; readonly point: number }[];
}

/** The schedule of a number between 0 and 1 for each choice. */
export function drawSchedule(chance: () => number): CrashSchedule {
  const names = Object.keys(services) as Service[];
  // The two through which everything goes die most.
  const urn: readonly Service[] = ['scheduler', 'scheduler', 'binhost', 'binhost', ...names];
  const draw = (): CrashSchedule['orders'][number] => {
    const service = urn[Math.floor(chance() * urn.length)] ?? 'scheduler';
    return { service, point: 1 + Math.floor(chance() * services[service]) };
  };
  const first = draw();
  if (chance() > TWO_AT_ONCE) return { orders: [first] };
  const second = draw();
  return { orders: second.service === first.service ? [first] : [first, second] };
}

/** One that is written as it is told: `binhost at 108, scheduler at 7`. */
export function readSchedule(words: string): CrashSchedule {
  const orders = [...words.matchAll(/([a-z-]+) at (\d+)/gu)].map(([, service, point]) => {
    if (service === undefined || !(service in services))
      throw new Error(`no service is called ${service ?? ''}`);
    return { service: service as Service, point: Number(point) };
  });
  if (orders.length === 0) throw new Error(`"${words}" is no schedule: write e.g. "binhost at 108"`);
  return { orders };
}

/** What went wrong under a schedule, in words; empty when nothing did. */
export type Violations = readonly string[];

/** A swarm of processes that is put through crash schedules, one plan each. */
export class CrashGround implements AsyncDisposable {
  #plans = 0;

  private constructor(
    private readonly swarm: TestSwarm,
    private readonly ledger: pg.Client,
    private readonly orders: string,
    private readonly gateway: string,
    private readonly dispose: () => Promise<void>,
  ) {}

  static async start(): Promise<CrashGround> {
    const directory = await tempDir('crash-orders');
    await mkdir(directory.path, { recursive: true });
    const swarm = await startTestSwarm({
      drones: 2,
      document: documentOf(world),
      env: { [CRASH_DIRECTORY]: directory.path, SWARM_RESTART_DELAY_MAX_MS: '300' },
    });
    const runtime = JSON.parse(await readFile(join(swarm.stateDir, 'runtime.json'), 'utf8')) as {
      readonly gateway: string;
      readonly ports: { readonly postgres: number };
    };
    const ledger = new pg.Client(`postgresql://swarm@127.0.0.1:${runtime.ports.postgres}/swarm`);
    await ledger.connect();
    return new CrashGround(swarm, ledger, directory.path, runtime.gateway, async () => {
      await ledger.end();
      await swarm[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    });
  }

  /** Builds one plan while the services die as ordered, and compares everything with everything. */
  async run({ orders }: CrashSchedule): Promise<Violations> {
    this.#plans += 1;
    const version = `1.${this.#plans}`;
    await this.swarm.useDocument(documentOf(world, version));
    for (const { service, point } of orders) {
      await writeFile(join(this.orders, service), String(point));
      // It takes its order when it starts; the death that lets it start is one more.
      await this.swarm.restarted(service, await this.swarm.kill(service));
    }
    const id = await this.#plan();
    try {
      const detail = await this.#over(id);
      await Promise.all(orders.map(({ service }) => rm(join(this.orders, service), { force: true })));
      return [...outcomeOf(detail), ...(await this.#agreement(detail, version))];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error), ...(await this.#unfinished(id))];
    }
  }

  /** What a plan that does not end is waiting for, as the swarm itself says. */
  async #unfinished(id: string): Promise<readonly string[]> {
    const { jobs } = await this.swarm.planDetail(id);
    const open = jobs.filter(({ state }) => !Object.values(outcome).includes(state));
    return open.map(({ cpv, state, attempt, drone, reason }) =>
      [cpv, state, `attempt ${attempt}`, drone ?? '', reason].join(' '),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Asked again under one id until somebody leads and answers. */
  #plan(): Promise<string> {
    const requestId = newId();
    return waitFor(
      async () => {
        const response = await fetch(`${this.gateway}${API_BASE}/plans`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ profile: 'synthetic', requestId }),
        });
        return response.ok && requestId;
      },
      { timeoutMs: PLAN_LIMIT_MS, what: 'a plan to be taken', everyMs: LOOK_EVERY_MS },
    );
  }

  #over(id: string): Promise<PlanDetail> {
    return waitFor(
      async () => {
        const detail = await this.swarm.planDetail(id);
        return ['complete', 'failed', 'cancelled'].includes(detail.plan.state) && detail;
      },
      { timeoutMs: PLAN_LIMIT_MS, what: `the end of plan ${id}`, everyMs: LOOK_EVERY_MS },
    );
  }

  /** Ledger, streams and binhost say the same, as soon as everything has calmed down. */
  async #agreement(detail: PlanDetail, version: string): Promise<Violations> {
    let last: Violations = [];
    const look = async (): Promise<boolean> => {
      last = await this.#differences(detail, version);
      return last.length === 0;
    };
    await waitFor(look, { timeoutMs: CALM_LIMIT_MS, what: 'agreement', everyMs: LOOK_EVERY_MS }).catch(
      () => undefined,
    );
    return last;
  }

  async #differences({ plan, jobs }: PlanDetail, version: string): Promise<Violations> {
    const wrong: string[] = [];
    const count = async (what: string, sql: string, ...values: unknown[]): Promise<void> => {
      const { rows } = await this.ledger.query<{ n: number }>(sql, values);
      if ((rows[0]?.n ?? 0) > 0) wrong.push(`${rows[0]?.n} ${what}`);
    };
    await count('messages are not sent', `select count(*)::int as n from outbox where sent_at is null`);
    await count(
      'attempts are open though the plan is over',
      `select count(*)::int as n from attempt join job on job.id = attempt.job_id
       where job.plan_id = $1 and attempt.state in ('offered', 'running')`,
      plan.id,
    );
    await count(
      'published jobs have no artifact in the index, or another one than they say',
      `select count(*)::int as n from job left join artifact on artifact.job_id = job.id and artifact.state = 'published'
       where job.plan_id = $1 and job.state = 'published' and artifact.sha256 is distinct from job.artifact`,
      plan.id,
    );
    await count(
      'jobs were tried more often than they may be',
      `select count(*)::int as n from job where plan_id = $1 and failures > 3`,
      plan.id,
    );
    await count(
      'moves of history do not follow each other',
      `select count(*)::int as n from job
       where plan_id = $1 and revision <> (select count(*) from job_move where job_id = job.id)`,
      plan.id,
    );
    const indexed = (await this.swarm.indexed()).filter((cpv) => cpv.endsWith(`-${version}`)).sort();
    const published = jobs.filter(({ state }) => state === 'published').map(({ cpv }) => cpv);
    if (indexed.join() !== published.sort().join()) {
      wrong.push(`the index has ${indexed.join(' ') || 'nothing'}; the ledger has ${published.join(' ')}`);
    }
    return wrong;
  }
}

function outcomeOf({ plan, jobs }: PlanDetail): Violations {
  if (plan.state !== 'complete') return [`the plan is ${plan.state}: ${plan.detail}`];
  return jobs.flatMap(({ cpv, state }) => {
    const name = /\/(.*)-[\d.]+$/.exec(cpv)?.[1] ?? cpv;
    return outcome[name] === state ? [] : [`${cpv} is ${state}, not ${outcome[name] ?? 'there'}`];
  });
}
