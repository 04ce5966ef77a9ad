import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BinhostDirectory } from '@swarm/adapter-binhost-fs';
import { openMemoryDatabase } from '@swarm/adapter-memory';
import { canonicalText, type Configuration } from '@swarm/domain-plan';
import { type RunningService, runService, silentLogger, systemClock } from '@swarm/platform';
import { tempDir, type TempDir } from '@swarm/testing';

import { BinhostModule } from './binhost.module.js';
import { gpkg, sha256Of } from './binhost.fixture.js';
import { factId, isToken } from './identity.js';

/** What Portage adds to the TIMESTAMP of its copy (3.0.82). */
const TOLERANCE_SECONDS = 5;
const cpv = 'dev-libs/gtk+-1.0-r1';
const bytes = gpkg(cpv);
const path = 'dev-libs/gtk+/gtk+-1.0-r1-1.gpkg.tar';

let directory: TempDir;
let binhost: BinhostDirectory;
let service: RunningService;
let nowSeconds = 1_800_000_000;
const db = openMemoryDatabase({ source: 'binhost' });

beforeAll(async () => {
  directory = await tempDir('.binhost');
  binhost = new BinhostDirectory({ root: directory.path, nowSeconds: () => nowSeconds });
  const logger = silentLogger();
  service = await runService({
    ...{ name: 'binhost', logger, port: 0, readiness: {}, stop: {}, handleSignals: false },
    module: BinhostModule.with({
      ...{
        artifacts: db.artifacts,
        store: binhost,
        files: binhost,
        configurations: db.profiles,
        clock: systemClock,
        logger,
        factId,
        isToken,
      },
      ...{ wake: () => undefined, maxBytes: 1 },
      desk: { limits: { maxBytes: 1, idleMs: 1_000, totalMs: 1_000, atOnce: 1 }, logger },
    }),
  });
  await stage(cpv, bytes);
});
afterAll(async () => {
  await service.stop();
  await directory[Symbol.asyncDispose]();
});

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

async function stage(name: string, content: Uint8Array, profile = 'lab'): Promise<void> {
  const declared = { sizeBytes: content.length, sha256: sha256Of(content), maxBytes: 1e9 };
  const received = await binhost.receive(once(content), declared);
  if (!received.ok) throw new Error(received.error.message);
  const binpkg = await binhost.inspect(received.value);
  if (!binpkg.ok) throw new Error(binpkg.error.message);
  const { mtimeSeconds } = await binhost.commit(received.value);
  const artifact = {
    ...received.value,
    mtimeSeconds,
    cpv: name,
    format: binpkg.value.format,
    metadata: binpkg.value.metadata,
  };
  await binhost.stage(profile, [artifact]);
  const number = ((await binhost.current(profile))?.number ?? 0) + 1;
  const promoted = await binhost.promote(profile, { number, artifacts: [artifact] });
  expect(promoted.ok).toBe(true);
}

/** One request, its path and headers sent as they are written, without a client's clean-up and additions. */
function rawStatus(target: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(service.url);
    get({ hostname, port, path: target, agent: false, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject);
  });
}

describe.each(['staging/lab', 'lab'])('the binhost at /%s', (base) => {
  const at = (relative: string): string => `${service.url}/${base}/${relative}`;

  it('serves the index, plain and compressed, as the same text', async () => {
    const plain = await (await fetch(at('Packages'))).text();
    expect(plain).toContain(`CPV: ${cpv}\n`);
    const response = await fetch(at('Packages.gz'));
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(gunzipSync(Buffer.from(await response.arrayBuffer())).toString()).toBe(plain);
  });

  it('serves packages, whole, in ranges and by their headers only, to be kept for ever', async () => {
    const whole = await fetch(at(path));
    expect(sha256Of(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256Of(bytes));
    expect(whole.headers.get('cache-control')).toContain('immutable');
    const part = await fetch(at(encodeURI(path)), { headers: { range: 'bytes=100-199' } });
    expect(part.status).toBe(206);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(100, 200));
    const head = await fetch(at(path), { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
    const known = { 'if-none-match': head.headers.get('etag') ?? '' };
    expect(await rawStatus(`/${base}/${path}`, known)).toBe(304);
    expect((await fetch(at(path), { headers: { range: `bytes=${bytes.length}-` } })).status).toBe(416);
  });

  it('says in JSON what is not there', async () => {
    const missing = await fetch(at('dev-libs/none/none-1-1.gpkg.tar'));
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ reason: 'not-found', message: expect.stringContaining('none-1') });
  });

  it.each([
    '../../highest-timestamp',
    '..%2f..%2fhighest-timestamp',
    'dev-libs/../Packages',
    'dev-libs/%2e%2e/Packages',
    '%2fetc/passwd',
    'generation.json',
    'dev-libs',
    'Packages%00',
    '%',
  ])('gives nothing for %s', async (target) => {
    expect(await rawStatus(`/${base}/${target}`)).toBeGreaterThanOrEqual(400);
    expect(await rawStatus(`/${base}/${target}`)).toBeLessThan(500);
  });
});

describe('a client that asks as Portage does', () => {
  const url = (): string => `${service.url}/lab/Packages.gz`;
  const timestampOf = (index: Buffer): number =>
    Number(/^TIMESTAMP: (\d+)$/m.exec(gunzipSync(index).toString())?.[1]);

  async function ask(copy: number): Promise<Response> {
    const since = new Date((copy + TOLERANCE_SECONDS) * 1000).toUTCString();
    return fetch(url(), { headers: { 'if-modified-since': since } });
  }

  it('sees every publication, also those a second apart and those under a clock that was set back', async () => {
    const first = await fetch(url());
    let copy = timestampOf(Buffer.from(await first.arrayBuffer()));
    for (const [i, seconds] of [1, 1, 0, -3_600].entries()) {
      expect((await ask(copy)).status).toBe(304);
      nowSeconds += seconds;
      await stage(`dev-libs/next-${i}`, gpkg(`dev-libs/next-${i}`));
      const response = await ask(copy);
      expect(response.status).toBe(200);
      expect(Date.parse(response.headers.get('last-modified') ?? '') / 1000).toBeGreaterThan(copy);
      const next = timestampOf(Buffer.from(await response.arrayBuffer()));
      expect(next).toBeGreaterThan(copy);
      copy = next;
    }
  });
});

describe('the configurations of profiles', () => {
  const configuration: Configuration = {
    files: { 'package.use': '# é\na/b c\n', 'make.conf': '' },
    makeProfile: 'gentoo:default',
    world: ['b/b', 'a/a'],
    repositories: [
      { name: 'gentoo', source: { kind: 'directory', path: '/r' }, revision: `tree:${'c'.repeat(64)}` },
    ],
  };
  const digest = sha256Of(Buffer.from(canonicalText(configuration)));

  beforeAll(async () => {
    const at = new Date(0);
    await db.profiles.put({ name: 'lab', kind: 'portage', targets: [], createdAt: at });
    const push = { profile: 'lab', author: 'ada', reason: '', at, outgoing: () => [] };
    await db.profiles.pushVersion({ ...push, digest, configuration });
    await db.profiles.pushVersion({ ...push, digest: 'f'.repeat(64), configuration });
  });

  it('are served as exactly the bytes that their digest names, to be kept for ever', async () => {
    const response = await fetch(`${service.url}/configuration/${digest}`);
    expect(response.status).toBe(200);
    expect(sha256Of(new Uint8Array(await response.arrayBuffer()))).toBe(digest);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('etag')).toBe(`"${digest}"`);
    expect(await rawStatus(`/configuration/${digest}`, { 'if-none-match': `"${digest}"` })).toBe(304);
    const head = await fetch(`${service.url}/configuration/${digest}`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each(['0'.repeat(64), 'current', 'F'.repeat(64), '..%2f..', "a'b"])(
    'that are not there are said to be missing: %s',
    async (name) => {
      const response = await fetch(`${service.url}/configuration/${name}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ reason: 'not-found', message: expect.any(String) });
    },
  );

  it('are never served where they are not what the digest says', async () => {
    expect((await fetch(`${service.url}/configuration/${'f'.repeat(64)}`)).status).toBe(500);
  });
});
