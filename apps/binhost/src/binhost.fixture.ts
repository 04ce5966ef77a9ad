import { createHash, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';

import { digestOf } from '@swarm/adapter-binhost-fs';
import type { Database } from '@swarm/adapter-postgres';
import { writeGpkg } from '@swarm/domain-binpkg';
import type { Attempt, AttemptId, DroneName, Job, JobId, JobIn, JobSpec, PlanId } from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import { Secret } from '@swarm/platform';

import type { BinhostConfig } from './config.js';

/** A slow scan that no test waits for: what happens, happens because something woke the publisher. */
const NEVER_MS = 600_000;
export const MAX_BYTES = 1024 * 1024;

/** One attempt of one job, as its drone knows it. */
export interface Work {
  readonly planId: string;
  readonly jobId: string;
  readonly attemptId: string;
  readonly token: string;
  readonly cpv: string;
  readonly buildKey: string;
}

export const sha256Of = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A configuration for tests; `overrides` replace whole fields. */
export function testConfig(
  given: { readonly databaseUrl: string; readonly natsUrl: string; readonly directory: string },
  overrides: Partial<BinhostConfig> = {},
): BinhostConfig {
  return {
    ...{ natsUrl: given.natsUrl, directory: given.directory },
    databaseUrl: new Secret(given.databaseUrl),
    host: '127.0.0.1',
    port: 0,
    upload: { maxBytes: MAX_BYTES, idleMs: 30_000, totalMs: 60_000, atOnce: 16 },
    scanMs: NEVER_MS,
    logLevel: 'silent',
    ...overrides,
  };
}

/** Seeds the ledger as the scheduler would. */
export class Planner {
  constructor(
    private readonly db: Database,
    readonly profile = `p-${randomUUID().slice(0, 8)}`,
    private readonly kind: 'portage' | 'synthetic' = 'portage',
  ) {}

  async addProfile(): Promise<void> {
    await this.db.profiles.put({
      name: this.profile,
      kind: this.kind,
      targets: ['@world'],
      createdAt: new Date(),
    });
  }

  /** A plan whose jobs are all delegated to drones. Members are its jobs, and those that are given. */
  async plan(
    cpvs: readonly string[],
    found: readonly Pick<Work, 'cpv' | 'buildKey'>[] = [],
  ): Promise<readonly Work[]> {
    await this.addProfile();
    const jobs = cpvs.map((cpv) => this.#job(cpv));
    const members = [...jobs.map(({ spec }) => spec), ...found].map(({ cpv, buildKey }) => ({
      cpv,
      buildKey,
    }));
    const plan = await this.addPlan(members, jobs);
    return Promise.all(
      jobs.map((job) => this.#delegate({ ...job, spec: { ...job.spec, planId: plan.id as PlanId } }, 1)),
    );
  }

  async addPlan(members: Plan['members'], jobs: readonly JobIn<'needed'>[] = []): Promise<Plan> {
    const plan: Plan = {
      ...{
        id: randomUUID(),
        profile: this.profile,
        targets: ['@world'],
        configuration: null,
        origin: 'operator',
        state: 'building',
      },
      ...{
        createdAt: new Date(),
        endedAt: null,
        resolveAttempt: 1,
        resolving: null,
        findings: [],
        members,
        detail: '',
      },
    };
    await this.db.plans.create(plan, []);
    const newJobs: Job[] = jobs.map((job) => ({ ...job, spec: { ...job.spec, planId: plan.id as PlanId } }));
    await this.db.plans.save({ plan, expected: 1, newJobs, at: new Date(), outgoing: [] });
    return plan;
  }

  async complete(planId: string): Promise<void> {
    const found = await this.db.plans.find(planId);
    if (found === undefined) throw new Error(`no plan ${planId}`);
    const plan: Plan = { ...found.value, state: 'complete', endedAt: new Date() };
    await this.db.plans.save({ plan, expected: found.revision, newJobs: [], at: new Date(), outgoing: [] });
  }

  /** Takes the job from its drone and gives it to another: the first attempt is late from now on. */
  async redelegate(work: Work): Promise<Work> {
    const found = await this.db.jobs.find(work.jobId as JobId);
    const attempt = await this.db.jobs.findAttempt(work.attemptId as AttemptId);
    if (found?.value.state !== 'delegated' || attempt === undefined) throw new Error('not delegated');
    const { attemptId, drone, ...core } = found.value;
    const needed: JobIn<'needed'> = { ...core, state: 'needed', notBefore: null };
    const ended: Attempt = { ...attempt, id: attemptId, drone, state: 'reclaimed', endedAt: new Date() };
    const change = {
      job: needed,
      expected: found.revision,
      at: new Date(),
      reason: 'silent',
      attempt: ended,
    };
    await this.db.jobs.save({ ...change, outgoing: [] });
    return this.#delegate(needed, found.revision + 1);
  }

  async #delegate(job: JobIn<'needed'>, expected: number): Promise<Work> {
    const token = randomUUID();
    const { notBefore: _, ...core } = job;
    const attempt: Attempt = {
      ...{
        id: randomUUID() as AttemptId,
        jobId: job.id,
        number: job.attempt + 1,
        drone: 'drone-1' as DroneName,
      },
      ...{
        state: 'offered',
        tokenSha256: sha256Of(token),
        offeredAt: new Date(),
        startedAt: null,
        endedAt: null,
      },
      ...{ failureClass: null, summary: null, logTail: null, measured: null },
    };
    const delegated: Job = {
      ...core,
      state: 'delegated',
      attempt: attempt.number,
      attemptId: attempt.id,
      drone: attempt.drone,
    };
    const change = { job: delegated, expected, at: new Date(), reason: 'test', attempt, outgoing: [] };
    if ((await this.db.jobs.save(change)) !== 'saved') throw new Error('the job was not saved');
    const { planId, cpv, buildKey } = job.spec;
    return { planId, jobId: job.id, attemptId: attempt.id, token, cpv, buildKey };
  }

  #job(cpv: string): JobIn<'needed'> {
    const synthetic = { durationMs: 1, fails: 'never', sizeBytes: 1 } as const;
    const spec: JobSpec = {
      ...{
        planId: randomUUID() as PlanId,
        profile: this.profile,
        cpv: cpv as JobSpec['cpv'],
        slot: '0',
        use: ['nls'],
      },
      ...{ repository: 'lab', buildKey: randomUUID(), needs: [], waits: [], criticalPath: 1 },
      ...{ inputs: null, bootstrap: false, why: 'new' },
      synthetic: this.kind === 'synthetic' ? synthetic : null,
    };
    const core = { id: randomUUID() as JobId, spec, attempt: 0, failures: 0, reclaims: 0, failedOn: [] };
    return { ...core, state: 'needed', notBefore: null };
  }
}

export interface PackageFields {
  readonly slot?: string;
  readonly use?: string;
  readonly repository?: string;
  readonly synthetic?: boolean;
  /** Tells builds of one package apart. */
  readonly content?: string | Uint8Array;
}

/** A package as a drone would build it; unless said otherwise, what the planner's jobs ask for. */
export function gpkg(cpv: string, fields: PackageFields = {}): Uint8Array {
  const [category = '', pf = ''] = cpv.split('/');
  const { slot = '0', use = 'amd64 nls', repository = 'lab', synthetic = false, content = 'hello' } = fields;
  const file = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return writeGpkg(
    {
      ...{ category, pf, buildId: 1, mtimeSeconds: 1_767_225_600, synthetic },
      metadata: new Map([
        ...([
          ['SLOT', slot],
          ['USE', use],
          ['IUSE', '+nls debug'],
          ['repository', repository],
        ] as const),
        ...([
          ['KEYWORDS', 'amd64'],
          ['CHOST', 'x86_64-pc-linux-gnu'],
          ['RDEPEND', 'nls? ( lab/gettext )'],
        ] as const),
      ]),
      image: [
        { kind: 'directory', path: 'usr' },
        { kind: 'file', path: 'usr/hello', content: file },
      ],
    },
    { digestOf, compress: { kind: 'gzip', apply: (bytes) => gzipSync(bytes) } },
  );
}

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/** Headers of an upload; undefined leaves one out. */
export type HeaderOverrides = Readonly<Record<string, string | undefined>>;

/** Sends an artifact as a drone does. Rejects when the connection breaks without an answer. */
export function upload(
  url: string,
  work: Pick<Work, 'attemptId' | 'token'>,
  bytes: Uint8Array,
  overrides: HeaderOverrides = {},
): Promise<Answered> {
  const headers: HeaderOverrides = {
    authorization: `Bearer ${work.token}`,
    'content-length': String(bytes.length),
    'x-swarm-sha256': sha256Of(bytes),
    ...overrides,
  };
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) given[name] = value;
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/upload/${work.attemptId}`, {
      method: 'PUT',
      agent: false,
      headers: given,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Answered['body'];
        resolve({ status: response.statusCode ?? 0, body });
        sent.destroy();
      });
    });
    if (given['content-length'] === undefined) sent.flushHeaders();
    // What is declared and not sent is what a broken sender does.
    if (Number(overrides['content-length'] ?? bytes.length) > bytes.length) sent.write(bytes);
    else sent.end(bytes);
  });
}

/** A file of the binhost as text; undefined when it is not there. */
export async function textAt(url: string): Promise<string | undefined> {
  const response = await fetch(url);
  if (response.status === 404) return undefined;
  return response.text();
}

/** Events of one kind about one attempt or plan, in order. */
export async function eventsOf(
  db: Database,
  message: string,
  about: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const stored = await db.events.after(0n, 10_000);
  return stored
    .filter((event) => event.message === message && JSON.stringify(event.payload).includes(about))
    .map(({ payload }) => payload as Readonly<Record<string, unknown>>);
}
