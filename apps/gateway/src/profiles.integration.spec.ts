import { createHash } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { api, ApiFailure, type EndpointResponse } from '@swarm/contracts';
import { canonicalText, type Configuration } from '@swarm/domain-plan';

import { clock, gateway, get, startAnotherGateway, useGateway } from './gateway-per-test.fixture.js';

const CONFIGURATION: Configuration = {
  files: { 'make.conf': 'USE="-X"\n', 'package.use/lab': 'a/b c\n' },
  makeProfile: 'gentoo:default/linux/amd64/23.0',
  world: ['app-misc/hello'],
  repositories: [
    { name: 'gentoo', source: { kind: 'git', url: 'https://git.example/g.git' }, revision: 'a'.repeat(40) },
  ],
};
const DIGEST = createHash('sha256').update(canonicalText(CONFIGURATION)).digest('hex');
const OTHER = { ...CONFIGURATION, files: { 'make.conf': 'USE="X"\n' }, world: [] };

useGateway();
beforeEach(() => gateway.ledger.profile('lab'));

function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${gateway.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function push(configuration: unknown, reason = ''): Promise<EndpointResponse<typeof api.pushProfile>> {
  const response = await post('/profiles/lab/versions', { configuration, author: 'ada', reason });
  expect(response.status).toBe(200);
  return api.pushProfile.response.parse(await response.json());
}

async function accept(file: string, line: string): Promise<EndpointResponse<typeof api.acceptLine>> {
  const response = await post('/profiles/lab/lines', { file, line });
  expect(response.status).toBe(200);
  return api.acceptLine.response.parse(await response.json());
}

async function refusal(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { code, message } = ApiFailure.parse(await response.json()).error;
  return { status: response.status, code, message };
}

describe('the versions of a profile', () => {
  it('are numbered, named by the digest of their text, and read back whole', async () => {
    const { version, isNew } = await push(CONFIGURATION, 'first');
    expect(isNew).toBe(true);
    expect(version).toEqual({
      profile: 'lab',
      number: 1,
      digest: DIGEST,
      current: true,
      createdAt: clock.now().toISOString(),
      author: 'ada',
      reason: 'first',
    });
    for (const name of ['1', 'current', DIGEST, DIGEST.slice(0, 10)]) {
      const read = await get('profileVersion', `/profiles/lab/versions/${name}`);
      expect(read).toEqual({ ...version, configuration: CONFIGURATION });
    }
    await push(OTHER);
    const { versions } = await get('profileVersions', '/profiles/lab/versions');
    expect(versions.map(({ number, current }) => [number, current])).toEqual([
      [2, true],
      [1, false],
    ]);
  });

  it('do not grow when the current one is pushed again, whatever the order of its keys', async () => {
    await push(CONFIGURATION);
    const { repositories, world, makeProfile, files } = CONFIGURATION;
    const again = await push({ repositories, world, makeProfile, files });
    expect(again).toMatchObject({ isNew: false, version: { number: 1 } });
    const { events } = await get('events', '/events');
    expect(events.map(({ message }) => message)).toEqual(['ProfilePushed']);
  });

  it('are told of, with who and why', async () => {
    await push(CONFIGURATION, 'Qt 6 everywhere');
    const { events } = await get('events', '/events');
    expect(events[0]?.line).toBe('version 1 of profile lab was pushed by ada: Qt 6 everywhere');
  });

  it('take a configuration larger than other requests may be', async () => {
    const large = { ...CONFIGURATION, files: { 'make.conf': '# é\n'.repeat(200_000) } };
    expect((await push(large)).version.number).toBe(1);
  });

  it('refuse every mistake at once, by field, and store nothing', async () => {
    const wrong = {
      files: { '/etc/passwd': 'x', 'package.use/../a': 'y' },
      makeProfile: 'gentoo',
      world: ['hello'],
      repositories: [{ name: 'gentoo', source: { kind: 'git', url: 'x' }, revision: 'HEAD' }],
    };
    const response = await post('/profiles/lab/versions', {
      configuration: wrong,
      author: ' ',
      reason: 'a\nb',
    });
    const { status, code, message } = await refusal(response);
    expect([status, code]).toEqual([400, 'bad-input']);
    for (const field of [
      'author:',
      'reason:',
      'configuration.files["/etc/passwd"]:',
      'configuration.files["package.use/../a"]:',
      'configuration.makeProfile:',
      'configuration.world[0]:',
      'configuration.repositories[0].source.url:',
    ]) {
      expect(message).toContain(field);
    }
    expect(await get('profileVersions', '/profiles/lab/versions')).toEqual({ versions: [] });
  });

  it('say clearly what is not there', async () => {
    expect(await refusal(await fetch(`${gateway.url}/api/v1/profiles/nobody/versions`))).toMatchObject({
      status: 404,
      message: expect.stringContaining('nobody'),
    });
    const nothing = await refusal(await fetch(`${gateway.url}/api/v1/profiles/lab/versions/current`));
    expect(nothing).toMatchObject({ status: 404, message: expect.stringContaining('nothing was pushed') });
    await push(CONFIGURATION);
    for (const name of ['2', 'f'.repeat(64)]) {
      expect((await fetch(`${gateway.url}/api/v1/profiles/lab/versions/${name}`)).status).toBe(404);
    }
    expect((await fetch(`${gateway.url}/api/v1/profiles/lab/versions/latest`)).status).toBe(400);
  });

  it('belong to profiles that Portage builds', async () => {
    await gateway.ledger.profile('load', 'synthetic');
    const response = await post('/profiles/load/versions', { configuration: CONFIGURATION });
    expect(await refusal(response)).toMatchObject({
      status: 409,
      message: expect.stringContaining('synthetic'),
    });
  });
});

describe('the difference of two versions', () => {
  it('is by default what the last push changed', async () => {
    await push(CONFIGURATION);
    const first = await get('profileDiff', '/profiles/lab/diff');
    expect(first.from).toBeNull();
    expect(first.changes.files.map(({ path, kind }) => [path, kind])).toEqual([
      ['make.conf', 'added'],
      ['package.use/lab', 'added'],
    ]);
    await push(OTHER);
    const second = await get('profileDiff', '/profiles/lab/diff');
    expect(second).toMatchObject({ from: { number: 1 }, to: { number: 2 } });
    expect(second.changes).toEqual({
      files: [
        {
          path: 'make.conf',
          kind: 'changed',
          lines: [
            { kind: 'removed', number: 1, text: 'USE="-X"\n' },
            { kind: 'added', number: 1, text: 'USE="X"\n' },
          ],
        },
        {
          path: 'package.use/lab',
          kind: 'removed',
          lines: [{ kind: 'removed', number: 1, text: 'a/b c\n' }],
        },
      ],
      world: [{ kind: 'removed', number: 1, text: 'app-misc/hello' }],
      repositories: [],
      repositoryOrder: null,
      makeProfile: null,
    });
  });

  it('is taken either way round', async () => {
    await push(CONFIGURATION);
    await push(OTHER);
    const back = await get('profileDiff', `/profiles/lab/diff?from=2&to=${DIGEST}`);
    expect(back.changes.world).toEqual([{ kind: 'added', number: 1, text: 'app-misc/hello' }]);
  });
});

describe('a finding', () => {
  const finding = {
    id: 'circular-1a2b3c4d',
    kind: 'circular',
    text: 'media-libs/freetype and media-libs/harfbuzz need each other',
    packages: ['media-libs/harfbuzz-10.1'],
    parents: [{ cpv: 'media-libs/freetype-2.13', atom: 'media-libs/harfbuzz' }],
    remedies: [{ file: 'package.use', line: 'media-libs/freetype -harfbuzz' }],
  };

  it('is shown with who asks and what would settle it, beside the version that the plan was made with', async () => {
    const { version } = await push(CONFIGURATION);
    const id = await gateway.ledger.plan('lab', ['a/b-1']);
    await gateway.ledger.find(id, [finding]);
    const { plan, findings, jobs } = await get('plan', `/plans/${id}`);
    expect(findings).toEqual([finding]);
    expect(plan.configuration).toEqual({ digest: version.digest, number: 1 });
    expect(jobs[0]).toMatchObject({ why: 'new', bootstrap: false });
    const { plans } = await get('plans', '/plans');
    expect(plans[0]?.configuration?.number).toBe(1);
  });

  it('of a plan that was made before findings had more than words is shown with those', async () => {
    const id = await gateway.ledger.plan('lab', ['a/b-1']);
    await gateway.ledger.find(id, [{ kind: 'circular', text: 'a needs b' } as typeof finding]);
    const { plan, findings } = await get('plan', `/plans/${id}`);
    expect(findings).toEqual([
      { id: '', kind: 'circular', text: 'a needs b', packages: [], parents: [], remedies: [] },
    ]);
    expect(plan.configuration).toBeNull();
  });

  it('is accepted by a new version with its line, once', async () => {
    await push(CONFIGURATION);
    const { file, line } = finding.remedies[0] ?? { file: '', line: '' };
    expect(await accept(file, line)).toMatchObject({
      isNew: true,
      version: { number: 2, author: 'operator', reason: `accepts ${file}: ${line}` },
    });
    expect(await accept(file, line)).toMatchObject({ isNew: false, version: { number: 2 } });
    const { configuration } = await get('profileVersion', '/profiles/lab/versions/current');
    expect(configuration.files['package.use/zz-swarm']).toBe(`${line}\n`);
  });

  it('is accepted beside others at the same time, and none is lost', async () => {
    await push(CONFIGURATION);
    const lines = ['a/one x', 'a/two x', 'a/three x', 'a/four x', 'a/five x'];
    await Promise.all(lines.map((line) => accept('package.use', line)));
    const { configuration, number } = await get('profileVersion', '/profiles/lab/versions/current');
    expect(number).toBe(6);
    expect(configuration.files['package.use/zz-swarm']?.trim().split('\n').sort()).toEqual([...lines].sort());
  });

  it('is accepted only as one line of a file of the configuration', async () => {
    expect((await post('/profiles/lab/lines', { file: 'package.use', line: 'a/b c' })).status).toBe(409);
    await push(CONFIGURATION);
    for (const [file, line] of [
      ['../shadow', 'a/b c'],
      ['/etc/passwd', 'a/b c'],
      ['make.profile', 'a/b c'],
      ['package.use', 'a/b c\nd/e f'],
    ]) {
      expect((await refusal(await post('/profiles/lab/lines', { file, line }))).status).toBe(400);
    }
    expect((await get('profileVersions', '/profiles/lab/versions')).versions).toHaveLength(1);
  });
});

describe('who may change a profile', () => {
  it('is whoever has the token; reading is free', async () => {
    const guarded = await startAnotherGateway({ token: 'a-token-for-this-test' });
    try {
      await guarded.ledger.profile('lab');
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify({ configuration: CONFIGURATION });
      const url = `${guarded.url}/api/v1/profiles/lab/versions`;
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
      const lines = await fetch(`${guarded.url}/api/v1/profiles/lab/lines`, {
        method: 'POST',
        headers,
        body,
      });
      expect(lines.status).toBe(401);
      const withToken = { ...headers, Authorization: 'Bearer a-token-for-this-test' };
      expect((await fetch(url, { method: 'POST', headers: withToken, body })).status).toBe(200);
      expect((await fetch(url)).status).toBe(200);
    } finally {
      await guarded.stop();
    }
  });
});
