import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@swarm/platform';
import { tempDir, type TempDir } from '@swarm/testing';

import { runApkg } from './program.js';
import { updateCommand } from './use-cases/emerge-command.js';
import { readOutput } from './use-cases/read-output.js';

const NOW = new Date('2026-01-02T03:04:05.000Z');
const BACKOFF = { attempts: 4, firstDelayMs: 1, maxDelayMs: 1 };
/** As Portage 3.0.82 prints them. */
const REFUSED =
  "!!! [c1e6] Error fetching binhost package info from 'http://b'\n!!! [c1e6] <urlopen error [Errno 111] Connection refused>";
const NO_BINARY =
  'emerge: there are no binary packages to satisfy "lab-libs/libmsg" for /lab/client/root/.\n(dependency required by "lab-apps/greet-1.0" [binary])';

let dir: TempDir;
let server: Server | undefined;

beforeEach(async () => {
  dir = await tempDir('apkg');
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await dir[Symbol.asyncDispose]();
});

/** An `emerge` that notes how it is called and prints what it is told: one file per run, the last for all others. */
async function stubEmerge(...runs: { readonly says: string; readonly exit: number }[]): Promise<string> {
  const file = join(dir.path, 'emerge');
  for (const [index, { says }] of runs.entries())
    await writeFile(join(dir.path, `says-${index + 1}`), `${says}\n`);
  await writeFile(
    file,
    [
      '#!/bin/sh',
      `cd '${dir.path}'`,
      'echo run >> runs',
      'echo "$PORTAGE_BINHOST|$FEATURES|$ROOT|$*" > called',
      'n=$(wc -l < runs)',
      'n=$((n))',
      'case $n in',
      ...runs.map(({ exit }, index) => {
        const isLast = index === runs.length - 1;
        return `${isLast ? '*' : index + 1}) cat says-${index + 1} >&2; exit ${exit};;`;
      }),
      'esac',
      '',
    ].join('\n'),
  );
  await chmod(file, 0o755);
  return file;
}

async function configure(config: unknown): Promise<void> {
  await mkdir(join(dir.path, 'config/apkg'), { recursive: true });
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(dir.path, 'config/apkg/config.json'), text);
}

/** A binhost that answers the head of an index, after it has failed `failures` times. */
async function binhost(failures = 0, status = 503) {
  let asked = 0;
  let authorization: string | undefined;
  const started = createServer((request, response) => {
    asked += 1;
    ({ authorization } = request.headers);
    if (request.url !== '/lab/Packages') response.writeHead(404).end();
    else if (asked <= failures) response.writeHead(status).end();
    else response.end('PACKAGES: 7\nTIMESTAMP: 1795455372\nVERSION: 0\n\nCPV: a/b-1\n');
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const address = started.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/lab`,
    asked: () => asked,
    authorization: () => authorization,
  };
}

async function apkg(line: string, env: NodeJS.ProcessEnv = {}) {
  let out = '';
  let err = '';
  const code = await runApkg(line.split(' '), {
    env: {
      PATH: process.env['PATH'],
      HOME: dir.path,
      XDG_CONFIG_HOME: join(dir.path, 'config'),
      XDG_STATE_HOME: join(dir.path, 'state'),
      ...env,
    },
    out: (text) => (out += text),
    err: (text) => (err += text),
    now: () => NOW,
    backoff: BACKOFF,
  });
  return { code, out, err };
}

const read = (name: string): Promise<string> => readFile(join(dir.path, name), 'utf8');
const runsOf = async (): Promise<number> => (await read('runs')).trim().split('\n').length;

describe('apkg update', () => {
  it('shows the one command and runs it with the binhost of the configuration', async () => {
    const { url } = await binhost();
    await configure({
      binhost: url,
      emerge: [await stubEmerge({ says: 'done', exit: 0 })],
      env: { ROOT: '/lab root' },
    });
    const { code, out, err } = await apkg('update', { FEATURES: 'parallel-fetch' });
    expect([code, out]).toEqual([0, 'done\n']);
    expect(err).toContain("ROOT='/lab root'");
    expect(err).toContain('--usepkg --usepkgonly --update --deep @world');
    expect(err).toContain(`binhost: ${url}, 7 packages, of 2026-`);
    expect(await read('called')).toBe(
      `${url}|parallel-fetch getbinpkg|/lab root|--usepkg --usepkgonly --update --deep @world\n`,
    );
  });

  it('--pretend runs the same command with --pretend', async () => {
    await configure({ emerge: [await stubEmerge({ says: 'nothing to do', exit: 0 })] });
    expect((await apkg('update --pretend')).code).toBe(0);
    expect(await read('called')).toBe('|||--usepkg --usepkgonly --update --deep --pretend @world\n');
  });

  it('tries again, in growing pauses, while only the network fails', async () => {
    const lost = { says: REFUSED, exit: 1 };
    await configure({ emerge: [await stubEmerge(lost, lost, { says: 'done', exit: 0 })] });
    const { code, err } = await apkg('update');
    expect([code, await runsOf()]).toEqual([0, 3]);
    expect(err.match(/the network failed; trying again/g)).toHaveLength(2);
  });

  it('gives up after its last try with the exit code of what cannot be reached', async () => {
    await configure({ emerge: [await stubEmerge({ says: REFUSED, exit: 1 })] });
    const { code, err } = await apkg('update');
    expect([code, await runsOf()]).toEqual([3, BACKOFF.attempts]);
    expect(err).toContain('could not be reached in 4 tries');
  });

  it('does not try again what no try can mend, and says in plain words what is missing', async () => {
    await configure({ emerge: [await stubEmerge({ says: NO_BINARY, exit: 1 })] });
    const { code, err } = await apkg('update');
    expect([code, await runsOf()]).toEqual([1, 1]);
    expect(err).toContain('the binhost has no package for lab-libs/libmsg');
  });

  it('waits for a binhost that is not there yet, before it starts emerge', async () => {
    const { url, asked } = await binhost(2);
    await configure({ binhost: url, emerge: [await stubEmerge({ says: 'done', exit: 0 })] });
    const { code, err } = await apkg('update');
    expect([code, asked(), await runsOf()]).toEqual([0, 3, 1]);
    expect(err).toContain('HTTP 503');
  });

  it('gives a password to the binhost and to emerge, and shows it to nobody', async () => {
    const { url, authorization } = await binhost();
    const secret = url.replace('//', '//me:s%23cret@');
    await configure({ binhost: secret, emerge: [await stubEmerge({ says: 'done', exit: 0 })] });
    const { code, err } = await apkg('update');
    expect([code, authorization()]).toEqual([0, `Basic ${Buffer.from('me:s#cret').toString('base64')}`]);
    expect(await read('called')).toContain(secret);
    expect(err + (await apkg('status')).out).not.toContain('cret');
  });

  it('starts no emerge where the binhost cannot be reached (exit 3) or has no such profile (exit 1)', async () => {
    const emerge = [await stubEmerge({ says: 'done', exit: 0 })];
    await configure({ binhost: `http://127.0.0.1:${await freePort()}/lab`, emerge });
    const unreachable = await apkg('update');
    expect([unreachable.code, unreachable.err]).toEqual([3, expect.stringContaining('ECONNREFUSED')]);
    const { url } = await binhost();
    await configure({ binhost: `${url}-other`, emerge });
    const absent = await apkg('update');
    expect([absent.code, absent.err]).toEqual([1, expect.stringContaining('may have no release yet')]);
    await expect(read('runs')).rejects.toThrow('ENOENT');
  });

  it('says what to install where there is no emerge', async () => {
    await configure({ emerge: [join(dir.path, 'not-there')] });
    const { code, err } = await apkg('update');
    expect([code, err]).toEqual([1, expect.stringContaining('apkg needs Portage')]);
  });

  it('keeps the whole output in a log under the state directory, the latest twenty', async () => {
    await mkdir(join(dir.path, 'state/apkg'), { recursive: true });
    for (let day = 1; day <= 25; day++) {
      await writeFile(join(dir.path, `state/apkg/update-2025-01-${String(day).padStart(2, '0')}.log`), '');
    }
    await configure({ emerge: [await stubEmerge({ says: NO_BINARY, exit: 1 })] });
    const { err } = await apkg('update');
    const log = join(dir.path, 'state/apkg/update-2026-01-02T03-04-05.000Z.log');
    expect(err).toContain(log);
    expect(await readFile(log, 'utf8')).toContain('dependency required by "lab-apps/greet-1.0"');
    const logs = (await readdir(join(dir.path, 'state/apkg'))).filter((name) => name.endsWith('.log'));
    expect(logs).toHaveLength(20);
  });

  it('carries on without a log where none can be written', async () => {
    await writeFile(join(dir.path, 'state'), 'a file where a directory should be');
    await configure({ emerge: [await stubEmerge({ says: 'done', exit: 0 })] });
    const { code, err } = await apkg('update');
    expect([code, err]).toEqual([0, expect.stringContaining('no log is kept')]);
  });

  it('ends with 1 when emerge is killed, as a shell would say it', async () => {
    const file = join(dir.path, 'emerge');
    await writeFile(file, '#!/bin/sh\nkill -TERM $$\n');
    await chmod(file, 0o755);
    await configure({ emerge: [file] });
    const { code, err } = await apkg('update');
    expect([code, err]).toEqual([1, expect.stringContaining('emerge ended with 143')]);
  });
});

describe('apkg status', () => {
  it('shows the binhost and how the last update ended', async () => {
    const { url } = await binhost();
    await configure({ binhost: url, emerge: [await stubEmerge({ says: NO_BINARY, exit: 1 })] });
    await apkg('update');
    const { code, out } = await apkg('status');
    expect(code).toBe(0);
    expect(out).toContain('index: 7 packages');
    expect(out).toContain('last update: 2026-01-02T03:04:05.000Z, failed: Not everything was updated');
    const json = JSON.parse((await apkg('status --json')).out) as unknown;
    expect(json).toMatchObject({
      binhost: url,
      reachable: true,
      packages: 7,
      lastUpdate: { outcome: 'failed' },
    });
  });

  it('looks once and says why a binhost cannot be reached', async () => {
    const { url, asked } = await binhost(9);
    await configure({ binhost: url });
    const { code, out } = await apkg('status');
    expect([code, asked()]).toEqual([0, 1]);
    expect(out).toContain('HTTP 503');
  });
});

describe('configuration', () => {
  it.each([
    [{ binhsot: 'http://b/lab' }, '"binhsot"'],
    [{ binhost: 'ftp://b/lab' }, 'binhost: is no http(s) address'],
    [{ emerge: [] }, 'emerge:'],
    [{ emerge: 'emerge' }, 'emerge:'],
    [{ env: { 'A=B': 'c' } }, 'env'],
    ['{', 'is not JSON'],
  ])('%j is refused with the name of the mistake', async (config, expected) => {
    await configure(config);
    const { code, err } = await apkg('update');
    expect([code, err]).toEqual([2, expect.stringContaining(expected)]);
  });

  it('falls back to HOME, also for a relative XDG path, and says so when there is none', async () => {
    const env = { XDG_CONFIG_HOME: 'relative', XDG_STATE_HOME: undefined };
    await mkdir(join(dir.path, '.config/apkg'), { recursive: true });
    const emerge = await stubEmerge({ says: 'done', exit: 0 });
    await writeFile(join(dir.path, '.config/apkg/config.json'), JSON.stringify({ emerge: [emerge] }));
    expect((await apkg('update', env)).code).toBe(0);
    expect(await readdir(join(dir.path, '.local/state/apkg'))).toContain('last-update.json');
    const homeless = await apkg('status', { ...env, HOME: undefined });
    expect([homeless.code, homeless.err]).toEqual([2, expect.stringContaining('Set HOME')]);
  });

  it.each(['', 'upgrade', 'update --nonsense'])('a command line "%s" is refused with 2', async (line) => {
    expect((await apkg(line)).code).toBe(2);
  });

  it('leaves the binhost to Portage where none is configured', () => {
    const { env } = updateCommand({ emerge: ['emerge'], env: {} }, { FEATURES: 'x' }, false);
    expect(env).toEqual({});
  });
});

describe('what emerge says', () => {
  it.each([
    '!!! [ab95] HTTP Error 503: Service Unavailable',
    '2026-11-23 17:45:28 (1 GB/s) - Connection closed at byte 5000. Giving up.',
    'wget: unable to resolve host address ‘b’',
    'EOFError: Compressed file ended before the end-of-stream marker was reached',
  ])('%s is the network', (line) => {
    expect(readOutput(line).isNetworkFailure).toBe(true);
  });

  it.each([
    '2026-11-23 17:45:28 ERROR 404: File not found.',
    '!!! Digest verification failed:',
    '- lab-libs/libmsg-0.3::labrepo (masked by: ~amd64 keyword)',
    'Connection closed at byte 5000. Retrying.',
  ])('%s is not', (line) => {
    expect(readOutput(line).isNetworkFailure).toBe(false);
  });

  it('names masked packages with the reason', () => {
    expect(readOutput('- lab-libs/libmsg-0.3::labrepo (masked by: EULA-LAB license(s))').missing).toEqual([
      'lab-libs/libmsg-0.3::labrepo is there but masked: EULA-LAB license(s)',
    ]);
  });
});
