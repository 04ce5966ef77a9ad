import { randomUUID } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { api, ApiFailure, EventView, JobMoved, LogWritten, PlanAnswered, PlanAsked } from '@swarm/contracts';
import { waitFor } from '@swarm/testing';

import {
  bus,
  gateway,
  get,
  ledger,
  startAnotherGateway,
  startGatewayAgain,
  useGateway,
} from './gateway-per-test.fixture.js';
import { EventFeed } from './use-cases/event-feed.js';

/** Longer than any test: the ledger is looked at only when the bus says so. */
const NEVER_MS = 3_600_000;
const TOKEN = 'a-token-for-this-test';

useGateway();

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function failure(response: Response): Promise<ApiFailure['error'] & { status: number }> {
  const text = await response.text();
  expect(text).not.toMatch(/\.ts:\d|at \w+ \(/);
  return { status: response.status, ...ApiFailure.parse(JSON.parse(text)).error };
}

describe('the numbers', () => {
  it('S12: a quarantined job counts against the success rate', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1', 'a/two-1', 'a/three-1', 'a/four-1', 'a/five-1'], ['a/old-1']);
    for (const cpv of ['a/one-1', 'a/two-1', 'a/three-1']) await ledger.publish(cpv);
    await ledger.quarantine('a/four-1', 'gcc: no such option');
    await ledger.block('a/five-1', 'a/four-1');
    const { profiles, next } = await get('status', '/status');
    expect(profiles[0]?.numbers).toMatchObject({
      jobs: { total: 5, published: 3, quarantined: 1, blocked: 1, waiting: 0 },
      alreadyBuilt: 1,
      attempted: 4,
      successRate: 0.75,
    });
    expect(profiles[0]?.stuck.map(({ cpv, reason }) => [cpv, reason])).toEqual([
      ['a/four-1', 'gcc: no such option'],
      ['a/five-1', 'needs a/four-1, which is quarantined or blocked'],
    ]);
    expect(next).toContain('a/four-1');
  });

  it('has no success rate before the first attempt', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1']);
    const { profiles } = await get('status', '/status');
    expect(profiles[0]?.numbers.successRate).toBeNull();
  });

  it('marks every line of a synthetic profile, and no line of a real one', async () => {
    for (const [name, kind] of [['lab', 'portage'] as const, ['load', 'synthetic'] as const]) {
      await ledger.profile(name, kind);
      const plan = await ledger.plan(name, [`${name}/one-1`]);
      await ledger.drone(`${name}-drone`, name);
      await ledger.release(name, plan, 1);
    }
    const isMarked = (name: string): boolean => name === 'load';
    const status = await get('status', '/status');
    const { plans } = await get('plans', '/plans');
    const { jobs } = await get('jobs', '/jobs');
    const { releases } = await get('releases', '/releases');
    const { drones } = await get('drones', '/drones');
    const { profiles } = await get('profiles', '/profiles');
    expect(status.synthetic).toBe(true);
    for (const line of [...status.profiles, ...plans, ...jobs, ...releases, ...drones]) {
      expect(line.synthetic).toBe(isMarked(line.profile));
    }
    for (const line of profiles) expect(line.synthetic).toBe(isMarked(line.name));
    for (const { plan, release, synthetic } of status.profiles) {
      expect([plan?.synthetic, release?.synthetic]).toEqual([synthetic, synthetic]);
    }
  });

  it('names why each job waits', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1', 'a/two-1', 'a/three-1']);
    const attempt = await ledger.delegate('a/one-1', 'drone-1');
    await ledger.drone('drone-1', 'lab', [attempt]);
    const { jobs } = await get('jobs', '/jobs');
    expect(jobs.map(({ reason }) => reason)).toEqual([
      'attempt 1 on drone-1',
      'waits for a/one-1',
      'waits for a/one-1, a/two-1',
    ]);
    const { drones } = await get('drones', '/drones');
    expect(drones[0]?.working).toMatchObject([{ what: 'a/one-1', phase: 'compile', sinceMs: 61_000 }]);
  });

  it('shows releases with the address for PORTAGE_BINHOST', async () => {
    await ledger.profile('lab');
    const plan = await ledger.plan('lab', []);
    await ledger.release('lab', plan, 3);
    await ledger.release('lab', plan, 4);
    const { releases } = await get('releases', '/releases?profile=lab');
    expect(releases).toMatchObject([
      { generation: 2, state: 'current', packages: 4, url: 'http://binhost.test/lab' },
      { generation: 1, state: 'past', packages: 3 },
    ]);
  });

  it('gives Prometheus names with units and few-valued labels', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1', 'a/two-1']);
    await ledger.publish('a/one-1');
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(text).toContain(
      'swarm_latest_plan_jobs_count{profile="lab",synthetic="false",state="published"} 1\n',
    );
    expect(text).toContain('swarm_drones_count{state="online"} 0\n');
    expect(text).not.toContain('a/one-1');
  });
});

describe('one job', () => {
  it('has its attempts and its history with reasons, and never the upload token', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1.2']);
    await ledger.quarantine('a/one-1.2', 'gcc: no such option');
    const response = await fetch(`${gateway.url}/api/v1/jobs/${ledger.idOf('a/one-1.2')}`);
    const text = await response.text();
    expect(text).not.toContain('f'.repeat(64));
    expect(api.job.response.parse(JSON.parse(text))).toMatchObject({
      attempts: [{ number: 1, drone: 'drone-1', state: 'failed', failureClass: 'compile' }],
      history: [
        { state: 'waiting' },
        { state: 'delegated' },
        { state: 'quarantined', reason: 'gcc: no such option' },
      ],
    });
  });

  it.each(['a/one-1.2', '=a/one-1.2', 'a/one', 'one'])('is found by %s', async (atom) => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1.2', 'a/one-more-2']);
    const { jobs } = await get('jobsByAtom', `/jobs/by-atom?atom=${encodeURIComponent(atom)}`);
    expect(jobs.map(({ cpv }) => cpv)).toEqual(['a/one-1.2']);
  });
});

describe('asking for a plan', () => {
  it('asks the scheduler over the bus and answers with what it made', async () => {
    await ledger.profile('lab');
    const seen: PlanAsked[] = [];
    const planId = randomUUID();
    const scheduler = await bus.answer(PlanAsked, PlanAnswered, async (asked) => {
      seen.push(asked);
      return { requestId: asked.requestId, planId, reason: '' };
    });
    const requestId = randomUUID();
    const response = await post('/api/v1/plans', { targets: ['dev-libs/icu'], requestId });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ requestId, planId });
    expect(seen).toEqual([{ requestId, profile: 'lab', targets: ['dev-libs/icu'], origin: 'operator' }]);
    scheduler.stop();
    await scheduler.finished;
  });

  it('says 503 and how to go on when no scheduler answers', async () => {
    await ledger.profile('lab');
    const refused = await failure(await post('/api/v1/plans', {}));
    expect(refused).toMatchObject({ status: 503, code: 'unavailable' });
    expect(refused.hint).toContain('requestId');
  });

  it("hands on the scheduler's reason for making none", async () => {
    await ledger.profile('lab');
    const scheduler = await bus.answer(PlanAsked, PlanAnswered, async ({ requestId }) => {
      return { requestId, planId: null, reason: 'paused by the operator' };
    });
    const refused = await failure(await post('/api/v1/plans', {}));
    expect(refused).toMatchObject({
      status: 409,
      message: expect.stringContaining('paused by the operator'),
    });
    scheduler.stop();
    await scheduler.finished;
  });

  it('makes profiles whose kind never changes', async () => {
    const lab = { name: 'lab', kind: 'portage', targets: ['@world'] };
    expect((await post('/api/v1/profiles', lab)).status).toBe(200);
    expect((await post('/api/v1/profiles', { ...lab, targets: ['@system'] })).status).toBe(200);
    const { profiles } = await get('profiles', '/profiles');
    expect(profiles).toMatchObject([{ name: 'lab', kind: 'portage', targets: ['@system'] }]);
    const refused = await failure(await post('/api/v1/profiles', { ...lab, kind: 'synthetic' }));
    expect(refused).toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('bad requests', () => {
  it.each([
    ['/jobs?state=ready', 'state:'],
    ['/jobs?plan=7', 'plan:'],
    ['/jobs?plna=7', 'plna'],
    ['/jobs/7', 'id:'],
    ['/jobs/by-atom', 'atom:'],
    ['/events?limit=0', 'limit:'],
    ['/events?after=-1', 'after:'],
  ])('%s is refused with 400 that names the field', async (path, field) => {
    const refused = await failure(await fetch(`${gateway.url}/api/v1${path}`));
    expect(refused).toMatchObject({
      status: 400,
      code: 'bad-input',
      message: expect.stringContaining(field),
    });
  });

  it.each([
    [{ name: 'Lab', kind: 'portage', targets: ['@world'] }, 'name:'],
    [{ name: 'lab', kind: 'docker', targets: ['@world'] }, 'kind:'],
    [{ name: 'lab', kind: 'portage', targets: [] }, 'targets:'],
    [{ name: 'lab', kind: 'portage', targets: ['--root=/'] }, 'targets.0:'],
    [{ name: 'lab', kind: 'portage', targets: ['@world'], extra: 1 }, 'extra'],
    ['text', 'body:'],
  ])('a profile %j is refused with 400 that names the field', async (body, field) => {
    const refused = await failure(await post('/api/v1/profiles', body));
    expect(refused).toMatchObject({ status: 400, message: expect.stringContaining(field) });
  });

  it('refuses a body that is too large, broken, or of another type, such as a form of a foreign page', async () => {
    const url = `${gateway.url}/api/v1/plans`;
    const json = { 'Content-Type': 'application/json' };
    for (const init of [
      { headers: json, body: '{' },
      { headers: json, body: JSON.stringify({ origin: 'x'.repeat(600_000) }) },
      { headers: { 'Content-Type': 'text/plain' }, body: '{}' },
      {},
    ]) {
      const refused = await failure(await fetch(url, { method: 'POST', ...init }));
      expect(refused).toMatchObject({ status: 400, code: 'bad-input' });
    }
  });

  it('knows nothing of what is not there', async () => {
    for (const path of [`/plans/${randomUUID()}`, `/jobs/${randomUUID()}`, '/releases?profile=none']) {
      expect(await failure(await fetch(`${gateway.url}/api/v1${path}`))).toMatchObject({ status: 404 });
    }
  });
});

describe('S32: deny by default', () => {
  it.each(['/api', '/api/v1', '/api/v1/tokens', '/../package.json', '/index.html', '/.env', '//etc/passwd'])(
    'GET %s is not there',
    async (path) => {
      expect(await failure(await fetch(gateway.url + path))).toMatchObject({
        status: 404,
        code: 'not-found',
      });
    },
  );

  it.each(['PUT', 'DELETE', 'PATCH'])('%s is not there', async (method) => {
    const response = await fetch(`${gateway.url}/api/v1/profiles`, { method });
    expect(await failure(response)).toMatchObject({ status: 404 });
  });

  it('wants the token of everyone who changes something, and of nobody who reads', async () => {
    const guarded = await startAnotherGateway({ token: TOKEN });
    const body = JSON.stringify({ name: 'lab', kind: 'portage', targets: ['@world'] });
    const ask = (path: string, authorization?: string, method = 'POST'): Promise<Response> =>
      fetch(guarded.url + path, {
        method,
        headers: {
          'Content-Type': 'application/json',
          ...(authorization && { Authorization: authorization }),
        },
        body,
      });
    const writes = Object.values(api).filter(({ method }) => method !== 'GET');
    expect(writes.length).toBeGreaterThanOrEqual(6);
    for (const { path, method } of writes) {
      for (const authorization of [undefined, TOKEN, 'Bearer wrong', `Basic ${TOKEN}`, 'Bearer ']) {
        const response = await ask(`/api/v1${path}`, authorization, method);
        expect(await failure(response)).toMatchObject({ status: 401 });
      }
    }
    expect(await guarded.ledger.database.profiles.all()).toEqual([]);
    expect((await ask('/api/v1/profiles', `Bearer ${TOKEN}`)).status).toBe(200);
    expect((await fetch(`${guarded.url}/api/v1/status`)).status).toBe(200);
    await guarded.stop();
  });
});

describe('live events', () => {
  /** Reads events of a stream until there are `count`, then breaks the connection. */
  async function take(count: number, lastEventId?: number, path = '/events'): Promise<EventView[]> {
    const stop = new AbortController();
    const headers = {
      Accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'Last-Event-ID': String(lastEventId) }),
    };
    const response = await fetch(gateway.url + path, { headers, signal: stop.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const taken: EventView[] = [];
    let rest = '';
    for await (const bytes of response.body ?? []) {
      rest += new TextDecoder().decode(bytes as Uint8Array);
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) taken.push(EventView.parse(JSON.parse(data)));
      }
      if (taken.length >= count) break;
    }
    stop.abort();
    return taken.slice(0, count);
  }

  const cpvs = Array.from({ length: 12 }, (_none, index) => `a/p${index}-1`);

  it('a listener that comes back with Last-Event-ID misses nothing, even across a restart of the gateway', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', cpvs);
    for (const cpv of cpvs.slice(0, 4)) await ledger.publish(cpv);
    const first = await take(3, 0);
    // Nobody listens and the gateway is away while these happen.
    await gateway.stop();
    for (const cpv of cpvs.slice(4, 8)) await ledger.publish(cpv);
    await startGatewayAgain();
    const second = take(21, first.at(-1)?.sequence);
    // And these while it reads.
    for (const cpv of cpvs.slice(8)) await ledger.publish(cpv);
    const sequences = [...first, ...(await second)].map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: 24 }, (_none, index) => index + 1));
  });

  it('the bus alone wakes a listener, and what it is told comes from the ledger', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1']);
    const feed = new EventFeed({ events: ledger.database.events, bus }, NEVER_MS);
    const stopFeed = await feed.start();
    const stop = new AbortController();
    const batches = feed.after(0, stop.signal);
    const heard = (async () => {
      for await (const batch of batches) if (batch.length > 0) return batch;
      return [];
    })();
    await ledger.delegate('a/one-1', 'drone-1');
    const [stored] = await ledger.database.events.latest(1);
    await bus.publish(JobMoved, stored?.payload as JobMoved);
    const line = 'a/one-1 is delegated on drone-1: given to drone-1';
    expect(await heard).toMatchObject([{ sequence: 1, line }]);
    stop.abort();
    await stopFeed();
  });

  it('answers a stream on the path of the list when that is what is accepted', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1']);
    await ledger.delegate('a/one-1', 'drone-1');
    expect(await take(1, 0, '/api/v1/events')).toMatchObject([{ sequence: 1, message: 'JobMoved' }]);
  });

  it('lists events in order, after any of them', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', cpvs);
    for (const cpv of cpvs.slice(0, 3)) await ledger.publish(cpv);
    const { events } = await get('events', '/events?after=2&limit=3');
    expect(events.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    const latest = await get('events', '/events?limit=2');
    expect(latest.events.map(({ sequence }) => sequence)).toEqual([5, 6]);
  });

  it('refuses a Last-Event-ID that is none', async () => {
    const response = await fetch(`${gateway.url}/events`, { headers: { 'Last-Event-ID': 'x' } });
    expect(await failure(response)).toMatchObject({ status: 400 });
  });

  it('a stop of the gateway does not wait for listeners', async () => {
    const response = await fetch(`${gateway.url}/events`);
    const rest = response.text();
    await gateway.stop();
    expect(await rest).toContain('retry:');
  });
});

describe('build logs', () => {
  async function write(
    job: string,
    chunks: readonly [number, string, boolean?][],
    attempt = 1,
  ): Promise<void> {
    for (const [offsetBytes, text, end = false] of chunks) {
      const chunk = { job, attempt: String(attempt), drone: 'drone-1', offsetBytes, text, end };
      await bus.publish(LogWritten, chunk);
    }
  }
  const logOf = (cpv: string, query = ''): Promise<Response> =>
    fetch(`${gateway.url}/api/v1/jobs/${ledger.idOf(cpv)}/log${query}`);

  it('come whole and in order, with what came twice left out', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1']);
    const { jobId } = await ledger.delegate('a/one-1', 'drone-1');
    await write(jobId, [
      [0, 'héllo '],
      [7, 'wor'],
      [0, 'héllo wor'],
      [8, 'orld'],
      [12, '!\n', true],
    ]);
    expect(await (await logOf('a/one-1')).text()).toBe('héllo world!\n');
  });

  it('are followed until the build ends', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1']);
    const { jobId } = await ledger.delegate('a/one-1', 'drone-1');
    await write(jobId, [[0, 'one\n']]);
    const response = await logOf('a/one-1', '?follow=true');
    const text = response.text();
    await write(jobId, [
      [4, 'two\n'],
      [8, '', true],
    ]);
    expect(await text).toBe('one\ntwo\n');
    expect(response.headers.get('x-swarm-attempt')).toBe('1');
  });

  it('end with the reason when the drone was lost', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1']);
    const attempt = await ledger.delegate('a/one-1', 'drone-1');
    await write(attempt.jobId, [[0, 'one\n']]);
    const text = (await logOf('a/one-1', '?follow=true')).text();
    await ledger.database.jobs.saveAttempt({ ...attempt, state: 'reclaimed', summary: 'drone-1 is offline' });
    expect(await text).toBe('one\n\n[attempt 1 on drone-1 ended as reclaimed: drone-1 is offline]\n');
  });

  it('fall back to what the ledger kept, and name what is not there', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1', 'a/two-1']);
    const attempt = await ledger.delegate('a/one-1', 'drone-1');
    await ledger.database.jobs.saveAttempt({ ...attempt, state: 'failed', logTail: 'error: 7' });
    expect(await (await logOf('a/one-1')).text()).toContain('error: 7');
    expect(await failure(await logOf('a/one-1', '?attempt=4'))).toMatchObject({
      status: 404,
      hint: 'Attempts: 1.',
    });
    expect((await failure(await logOf('a/two-1'))).message).toContain('has not been attempted');
  });
});

describe('documentation', () => {
  it('describes every route of the table', async () => {
    const document = (await (await fetch(`${gateway.url}/api/openapi.json`)).json()) as {
      readonly openapi: string;
      readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    expect(document.openapi).toBe('3.1.0');
    for (const { path, method } of Object.values(api)) {
      const documented = `/api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`;
      expect(document.paths[documented]).toHaveProperty(method.toLowerCase());
    }
    const page = await (await fetch(`${gateway.url}/api/docs`)).text();
    for (const { path } of Object.values(api)) expect(page).toContain(path);
  });

  it('is ready only with a real round trip', async () => {
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await waitFor(async () => (await fetch(`${gateway.url}/healthz`)).ok);
  });
});
