import { execFile } from 'node:child_process';
import { mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { treeDigest } from '@swarm/adapter-portage';
import { api, type ProfileVersionView } from '@swarm/contracts';
import type { Finding } from '@swarm/domain-plan';
import { tempDir, type TempDir } from '@swarm/testing';

import { parseRepository } from './configuration/repository-pin.js';
import { clock, gateway, useGateway } from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

let directory: TempDir;
/** A system as it would be mounted for the push: etc/portage, a world file, and a repository. */
let system: string;
let repository: string;

useGateway();
beforeEach(async () => {
  await gateway.ledger.profile('lab');
  directory = await tempDir('.profile');
  system = directory.path;
  repository = join(system, 'var/db/repos/gentoo');
  await put('etc/portage/make.conf', 'USE="-X"\n');
  await put('etc/portage/package.use/lab', 'a/b c\n\td/e f\n');
  await put('etc/portage/repos.conf/gentoo.conf', '[gentoo]\nlocation = /elsewhere\n');
  await put('var/lib/portage/world', '# mine\napp-misc/hello\napp-misc/hello\n');
  await put('var/lib/portage/world_sets', '@desktop\n');
  await put('var/db/repos/gentoo/profiles/repo_name', 'gentoo\n');
  await put('var/db/repos/gentoo/profiles/default/linux/eapi', '8\n');
  await symlink('../../var/db/repos/gentoo/profiles/default/linux', join(system, 'etc/portage/make.profile'));
});
afterEach(async () => {
  await directory[Symbol.asyncDispose]();
});

async function put(path: string, content: string | Uint8Array): Promise<void> {
  const file = join(system, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function swarm(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await runProgram(args, {
    env: { SWARM_URL: gateway.url, USER: 'ada' },
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    isTerminal: false,
    signal: new AbortController().signal,
    now: () => clock.now(),
    pause: () => Promise.resolve(),
  });
  return { code, ...said };
}

function push(...more: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return swarm('profile', 'push', 'lab', '--from', system, '--repository', `gentoo=${repository}`, ...more);
}

async function current(): Promise<ProfileVersionView> {
  const { code, out } = await swarm('profile', 'show', 'lab', '--json');
  expect(code).toBe(0);
  return api.profileVersion.response.parse(JSON.parse(out));
}

async function git(at: string, ...args: readonly string[]): Promise<string> {
  const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false'];
  const { stdout } = await promisify(execFile)('git', ['-C', at, ...who, ...args]);
  return stdout.trim();
}

describe('pushing a profile', () => {
  it('reads a whole configuration from a directory, and says what it left out', async () => {
    const { code, out, err } = await push('--reason', 'first');
    expect([code, err]).toEqual([0, 'swarm: left out: repos.conf\n']);
    expect(out).toMatch(/^version 1 of profile lab \([0-9a-f]{12}\) is current; `swarm plan --profile lab`/);
    const { author, reason, configuration } = await current();
    expect([author, reason]).toEqual(['ada', 'first']);
    expect(configuration).toEqual({
      files: { 'make.conf': 'USE="-X"\n', 'package.use/lab': 'a/b c\n\td/e f\n' },
      makeProfile: 'gentoo:default/linux',
      world: ['app-misc/hello', '@desktop'],
      repositories: [
        {
          name: 'gentoo',
          source: { kind: 'directory', path: repository },
          revision: `tree:${await treeDigest(repository)}`,
        },
      ],
    });
  });

  it('makes no version where nothing changed, and says what a change touches', async () => {
    await push();
    const again = await push();
    expect([again.code, again.out]).toEqual([
      0,
      expect.stringContaining('is the same, and is current already'),
    ]);
    await put('etc/portage/package.use/lab', 'a/b -c\n');
    await put('var/lib/portage/world', '');
    expect((await push()).out).toContain('changed: 1 file, world; `swarm profile diff lab` shows it');
  });

  it('makes the profile when asked to, and says what to do when not', async () => {
    const from = ['--from', system, '--repository', `gentoo=${repository}`];
    const missing = await swarm('profile', 'push', 'desktop', ...from);
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('no profile "desktop"')]);
    expect((await swarm('profile', 'push', 'desktop', ...from, '--create')).code).toBe(0);
  });

  it('takes a configuration as JSON, as it shows one', async () => {
    await push();
    const shown = await swarm('profile', 'show', 'lab', '--json');
    await put('shown.json', shown.out);
    const file = join(system, 'shown.json');
    const same = await swarm('profile', 'push', 'lab', '--configuration', file);
    expect([same.code, same.out]).toEqual([0, expect.stringContaining('is current already')]);
    const both = await swarm('profile', 'push', 'lab', '--configuration', file, '--from', system);
    expect(both.code).toBe(2);
    await put('wrong.json', '{"world": ["x"], "files": {"/a": ""}}');
    const wrong = await swarm('profile', 'push', 'lab', '--configuration', join(system, 'wrong.json'));
    expect(wrong.code).toBe(2);
    for (const field of ['files["/a"]', 'world[0]', 'makeProfile', 'repositories']) {
      expect(wrong.err).toContain(`\n  ${field}: `);
    }
  });

  it('refuses what is binary or cannot be read, each by its name', async () => {
    await put('etc/portage/patches/a.patch', Uint8Array.of(0x61, 0xff, 0x0a));
    await put('etc/portage/env/key', 'a\u0000b');
    await symlink('nowhere', join(system, 'etc/portage/package.mask'));
    await symlink('..', join(system, 'etc/portage/package.use/round'));
    const { code, err } = await push();
    expect(code).toBe(2);
    expect(err).toContain(`${join(system, 'etc/portage/patches/a.patch')} is binary`);
    expect(err).toContain(`${join(system, 'etc/portage/env/key')} is binary`);
    expect(err).toContain(`${join(system, 'etc/portage/package.mask')} is not there, or leads nowhere`);
    expect(err).toContain('package.use/round leads back');
    const without = ['patches', 'env/key', 'package.mask', 'package.use/round'];
    const pushed = await push(...without.flatMap((path) => ['--leave-out', path]));
    expect([pushed.code, pushed.err]).toEqual([
      0,
      expect.stringContaining('left out: env/key, package.mask'),
    ]);
  });

  it('says what is missing, and how to name it', async () => {
    const none = await swarm('profile', 'push', 'lab', '--from', system);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('--repository gentoo=')]);
    const nowhere = await push('--from', join(system, 'var'));
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('etc/portage is not there')]);
    await rm(join(system, 'var/lib/portage'), { recursive: true });
    const world = await push();
    expect([world.code, world.err]).toEqual([2, expect.stringContaining('--world')]);
    expect((await push('--world', '/dev/null')).code).toBe(0);
  });

  it('reads make.profile as a link or as a parent file, and refuses one with more in it', async () => {
    const path = join(system, 'etc/portage/make.profile');
    expect(await readlink(path)).toContain('profiles');
    await rm(path);
    const missing = await push();
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('--make-profile')]);
    await put('etc/portage/make.profile/parent', '# ours\ngentoo:default/linux/amd64\n');
    expect((await push()).code).toBe(0);
    expect((await current()).configuration.makeProfile).toBe('gentoo:default/linux/amd64');
    await put('etc/portage/make.profile/package.use', 'a/b c\n');
    const more = await push();
    expect([more.code, more.err]).toEqual([2, expect.stringContaining('make.profile/package.use')]);
    expect((await push('--make-profile', 'gentoo:other')).code).toBe(0);
    const unknown = await push('--make-profile', 'guru:other');
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('makeProfile')]);
  });
});

describe('pinning a repository', () => {
  it('takes the commit that is there: of a working copy, a URL, a branch or a tag', async () => {
    await git(repository, 'init', '--quiet', '--initial-branch=main');
    await git(repository, 'add', '.');
    await git(repository, 'commit', '--quiet', '-m', 'first');
    const first = await git(repository, 'rev-parse', 'HEAD');
    await git(repository, 'tag', '-a', 'v1', '-m', 'v1');
    await git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'second');
    const second = await git(repository, 'rev-parse', 'HEAD');

    const pinned = async (place: string): Promise<unknown> => {
      const { code, err } = await push('--repository', `other=${place}`);
      expect([code, err]).toEqual([0, expect.any(String)]);
      return (await current()).configuration.repositories[1];
    };
    const url = pathToFileURL(repository).href;
    const local = { kind: 'git', url: repository };
    expect(await pinned(repository)).toEqual({ name: 'other', source: local, revision: second });
    expect(await pinned(`${repository}@v1`)).toEqual({ name: 'other', source: local, revision: first });
    expect(await pinned(url)).toEqual({ name: 'other', source: { kind: 'git', url }, revision: second });
    expect(await pinned(`${url}@main`)).toMatchObject({ revision: second });
    expect(await pinned(`${url}@v1`)).toMatchObject({ revision: first });
    expect(await pinned(`https://git.example/x.git@${first}`)).toMatchObject({ revision: first });

    await put('var/db/repos/gentoo/new', 'x\n');
    expect((await push()).err).toContain('not committed');
    const unknown = await push('--repository', `other=${url}@nothing`);
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('has no nothing')]);
  });

  it.each([
    ['gentoo=https://git.example/g.git', 'https://git.example/g.git', undefined],
    ['gentoo=git@git.example:g.git', 'git@git.example:g.git', undefined],
    ['gentoo=ssh://git@git.example/g.git', 'ssh://git@git.example/g.git', undefined],
    ['gentoo=git@git.example:g.git@stable', 'git@git.example:g.git', 'stable'],
    [`own=/r@tree:${'a'.repeat(64)}`, '/r', `tree:${'a'.repeat(64)}`],
    ['own=/var/db/repos/own', '/var/db/repos/own', undefined],
  ])('takes %s apart', (text, place, revision) => {
    expect(parseRepository(text)).toMatchObject({ place, revision });
  });
});

describe('looking at a profile', () => {
  beforeEach(async () => {
    await push('--reason', 'first');
    await put('etc/portage/package.use/lab', 'a/b -c\n\td/e f\n');
    await put('var/lib/portage/world', 'app-misc/hello\napp-misc/other\n');
    await push('--reason', 'second');
  });

  it('versions lists what was pushed', async () => {
    const { code, out } = await swarm('profile', 'versions', 'lab');
    expect(code).toBe(0);
    expect(out).toMatch(/2 \(current\) .* ada +second\n1 .* ada +first\n/);
  });

  it('show prints one version, or one of its files', async () => {
    const { out } = await swarm('profile', 'show', 'lab', '--version', '1');
    expect(out).toContain('version 1 of profile lab\n');
    expect(out).toContain('make.profile: gentoo:default/linux');
    expect(out).toContain('  package.use/lab (2 lines)\n');
    expect(out).toContain('world: 2\n  app-misc/hello\n  @desktop\n');
    const file = await swarm('profile', 'show', 'lab', '--file', 'package.use/lab');
    expect([file.code, file.out]).toEqual([0, 'a/b -c\n\td/e f\n']);
    const missing = await swarm('profile', 'show', 'lab', '--file', 'package.mask');
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('no file package.mask')]);
    expect((await swarm('profile', 'show', 'lab', '--version', '9')).code).toBe(1);
    expect((await swarm('profile', 'show', 'lab', '--version', 'last')).code).toBe(2);
  });

  it('diff prints what the last push changed, line by line, or any other difference', async () => {
    const { code, out } = await swarm('profile', 'diff', 'lab');
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'lab: version 1 → version 2',
        'world',
        '+ app-misc/other',
        'package.use/lab (changed)',
        '- a/b c',
        '+ a/b -c',
        '',
      ].join('\n'),
    );
    expect((await swarm('profile', 'diff', 'lab', '2', '1')).out).toContain('- app-misc/other');
    expect((await swarm('profile', 'diff', 'lab', '2')).out).toContain('No difference.');
    const json = await swarm('profile', 'diff', 'lab', '--json');
    expect(api.profileDiff.response.parse(JSON.parse(json.out))).toMatchObject({ to: { number: 2 } });
  });
});

describe('settling what is wrong with a plan', () => {
  const circular: Finding = {
    id: 'circular-1a2b3c4d',
    kind: 'circular',
    text: 'media-libs/freetype and media-libs/harfbuzz need each other to be built',
    packages: ['media-libs/harfbuzz-10.1'],
    parents: [
      { cpv: 'media-libs/freetype-2.13', atom: 'media-libs/harfbuzz' },
      { cpv: '', atom: '@world' },
    ],
    remedies: [
      { file: 'package.use', line: 'media-libs/freetype -harfbuzz' },
      { file: 'package.use', line: 'media-libs/harfbuzz -truetype' },
    ],
  };
  const masked: Finding = {
    ...circular,
    id: 'masked-5e6f7a8b',
    kind: 'masked',
    text: 'a/b is masked',
    parents: [],
    remedies: [{ file: 'package.accept_keywords', line: 'a/b ~amd64' }],
  };
  const hopeless: Finding = { ...masked, id: 'unsatisfied-99999999', kind: 'unsatisfied', remedies: [] };
  let plan: string;

  beforeEach(async () => {
    await push();
    plan = await gateway.ledger.plan('lab', ['a/one-1']);
    await gateway.ledger.find(plan, [circular, masked, hopeless]);
  });

  it('plan show prints the latest plan, or the one that is named', async () => {
    const latest = await swarm('plan', 'show');
    expect(latest.code).toBe(0);
    expect(latest.out).toContain(`plan ${plan} of lab is building`);
    expect(latest.out).toContain('made with version 1 of profile lab');
    expect((await swarm('plan', 'show', plan.slice(0, 8))).out).toBe(latest.out);
    const json = await swarm('plan', 'show', plan, '--json');
    expect(api.plan.response.parse(JSON.parse(json.out)).plan.configuration?.number).toBe(1);
    expect((await swarm('plan', '--json', 'show')).out).toBe(json.out);
    expect((await swarm('plan', 'show', 'nope')).code).toBe(2);
  });

  it('plan show --findings prints each with its cause, who asks, and the lines that would settle it', async () => {
    const { code, out } = await swarm('plan', 'show', '--findings');
    expect(code).toBe(0);
    expect(out).toContain(
      [
        'circular-1a2b3c4d: media-libs/freetype and media-libs/harfbuzz need each other to be built',
        '  concerns: media-libs/harfbuzz-10.1',
        '  wanted by: media-libs/freetype-2.13 (media-libs/harfbuzz), @world (asked for)',
        '  one of these would settle it:',
        '    1. package.use: media-libs/freetype -harfbuzz',
        '    2. package.use: media-libs/harfbuzz -truetype',
        '',
      ].join('\n'),
    );
    expect(out).toContain('  no line is known that would settle it');
    expect(out).toContain(`swarm plan show ${plan.slice(0, 8)} --accept <finding>`);
    const json = await swarm('plan', 'show', '--findings', '--json');
    expect(JSON.parse(json.out)).toEqual({ findings: [circular, masked, hopeless] });
  });

  it('plan show --accept puts the line into the profile, and says the next command', async () => {
    const { code, out } = await swarm('plan', 'show', '--accept', 'masked');
    expect([code, out]).toEqual([
      0,
      'version 2 of profile lab has the line package.accept_keywords: a/b ~amd64\n' +
        'next: swarm plan --profile lab\n',
    ]);
    const { configuration, author, reason } = await current();
    expect(configuration.files['package.accept_keywords/zz-swarm']).toBe('a/b ~amd64\n');
    expect([author, reason]).toEqual(['ada', `settles masked-5e6f7a8b of plan ${plan}`]);
    const again = await swarm('plan', 'show', plan, '--accept', masked.id);
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('has the line already')]);
  });

  it('plan show --accept asks which line, where there are several', async () => {
    const open = await swarm('plan', 'show', '--accept', 'circular');
    expect([open.code, open.err]).toEqual([2, expect.stringContaining('--line <number>')]);
    expect(open.err).toContain('\n  2. package.use: media-libs/harfbuzz -truetype');
    expect((await swarm('plan', 'show', '--accept', 'circular', '--line', '3')).code).toBe(2);
    const json = await swarm('plan', 'show', '--accept', 'circular', '--line', '2', '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      finding: circular.id,
      line: 'media-libs/harfbuzz -truetype',
      isNew: true,
      version: { number: 2 },
    });
  });

  it('plan show --accept refuses what it cannot settle', async () => {
    expect((await swarm('plan', 'show', '--accept', 'nothing')).code).toBe(1);
    const hopelessly = await swarm('plan', 'show', '--accept', 'unsatisfied');
    expect([hopelessly.code, hopelessly.err]).toEqual([1, expect.stringContaining('No line is known')]);
    await gateway.ledger.find(plan, [masked, { ...masked, id: 'masked-00000000' }]);
    const several = await swarm('plan', 'show', '--accept', 'masked');
    expect([several.code, several.err]).toEqual([2, expect.stringContaining('several findings')]);
    expect((await swarm('plan', 'show', '--line', '1')).code).toBe(2);
  });

  it('exits with 3 when there is no gateway', async () => {
    const { code } = await swarm('profile', 'versions', 'lab', '--url', 'http://127.0.0.1:1');
    expect(code).toBe(3);
  });
});
