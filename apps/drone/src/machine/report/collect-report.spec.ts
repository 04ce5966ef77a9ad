import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TempDir, tempDir } from '@swarm/testing';

import type { OwnPortage } from '../../ports/executor.js';
import { collectReport } from './collect-report.js';
import { readCron } from './read-cron.js';
import { readRevision } from './read-revision.js';
import { readService } from './read-service.js';

let root: TempDir;
beforeEach(async () => {
  root = await tempDir('machine-report');
});
afterEach(async () => {
  await root[Symbol.asyncDispose]();
});

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

describe('the cron of a machine', () => {
  it('is read with its daemon, tables, users and stamps (S1)', async () => {
    await put({
      ...{
        'var/db/pkg/sys-process/dcron-4.6/PF': 'dcron-4.6',
        'proc/1/comm': 'init\n',
        'proc/77/comm': 'crond\n',
      },
      ...{
        'etc/passwd': 'root:x:0:0::/root:/bin/bash\nalice:x:1000::\n',
        'etc/crontab': '0 3 * * * root x\n',
      },
      ...{
        'etc/cron.d/.keep': '',
        'var/spool/cron/crontabs/root': '0 3 * * * y\n',
        'var/spool/cron/lastrun/cron.daily': '',
      },
    });
    const then = new Date('2026-01-02T03:04:05Z');
    await utimes(join(root.path, 'var/spool/cron/lastrun/cron.daily'), then, then);
    expect(await readCron(root.path)).toEqual({
      daemons: [{ name: 'dcron', installed: true, running: true }],
      tables: [
        { path: '/etc/crontab', lines: ['0 3 * * * root x', ''] },
        { path: '/var/spool/cron/crontabs/root', lines: ['0 3 * * * y', ''] },
      ],
      ...{ users: ['root', 'alice'], timers: [], lastRuns: [{ name: 'cron.daily', at: then.toISOString() }] },
    });
  });

  it('of systemd is its own timers: which are enabled, and when they last ran (S1)', async () => {
    await put({
      ...{ 'proc/1/comm': 'systemd\n', 'etc/systemd/system/a.timer': '', 'etc/systemd/system/b.timer': '' },
      ...{ 'etc/systemd/system/timers.target.wants/a.timer': '', 'var/lib/systemd/timers/stamp-a.timer': '' },
    });
    const { timers } = await readCron(root.path);
    expect(timers).toEqual([
      { unit: 'a.timer', enabled: true, lastRunAt: expect.any(String) },
      { unit: 'b.timer', enabled: false, lastRunAt: null },
    ]);
  });
});

describe('the service of the agent', () => {
  it('is told of OpenRC and of systemd, and of nothing else', async () => {
    await expect(readService(root.path)).rejects.toThrow('neither OpenRC nor systemd');
    await put({ 'run/openrc/softlevel': '', 'etc/runlevels/default/sshd': '' });
    await symlink('/etc/init.d/build-drone', join(root.path, 'etc/runlevels/default/build-drone'));
    expect(await readService(root.path)).toEqual({
      manager: 'openrc',
      name: 'build-drone',
      enabled: true,
      running: false,
    });
    await put({ 'proc/1/comm': 'systemd\n', 'proc/self/cgroup': '0::/system.slice/build-drone.service\n' });
    expect(await readService(root.path)).toMatchObject({ manager: 'systemd', enabled: false, running: true });
  });
});

describe('the revision of a repository', () => {
  it('is a commit, loose or packed, or the time of an rsync; or nothing', async () => {
    const at = (name: string): Promise<string | null> => readRevision(join(root.path, name));
    await put({
      ...{ 'a/.git/HEAD': 'ref: refs/heads/master\n', 'a/.git/refs/heads/master': 'c0ffee\n' },
      ...{ 'b/.git/HEAD': 'ref: refs/heads/master\n', 'b/.git/packed-refs': '# x\nbeef refs/heads/master\n' },
      ...{
        'c/.git/HEAD': 'decade\n',
        'd/metadata/timestamp.chk': 'Fri, 02 Jan 2026 00:00:00 +0000\n',
        'e/x': '',
      },
    });
    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(at))).toEqual([
      ...['c0ffee', 'beef', 'decade', 'Fri, 02 Jan 2026 00:00:00 +0000', null],
    ]);
  });
});

describe('a report', () => {
  const sources = (portage: OwnPortage | null, limitMs = 5_000) => ({
    ...{ drone: 'drone-1', profile: 'lab', agentVersion: '1', stateDir: root.path, root: root.path },
    ...{ portage, portageVersion: '3.0.82', path: '/usr/bin:/bin', limitMs },
  });
  const answer = { variables: { CFLAGS: '-O2' }, profilePath: '/p/profiles/x', repositories: [] };

  it('has the machine’s configuration as Portage and its files tell it', async () => {
    await put({ 'etc/portage/package.use/gui': 'a b\n', 'etc/portage/make.conf': 'CFLAGS="-O2"\n' });
    const portage = { configRoot: root.path, ask: () => Promise.resolve(answer) };
    expect(await collectReport(sources(portage))).toMatchObject({
      ...{
        drone: 'drone-1',
        makeProfile: { value: '/p/profiles/x' },
        variables: { value: { CFLAGS: '-O2' } },
      },
      files: { value: { 'make.conf': 'CFLAGS="-O2"\n', 'package.use/gui': 'a b\n' } },
      ...{
        toolchain: { value: { gcc: expect.any(String), portage: '3.0.82' } },
        service: { kind: 'untold' },
      },
    });
  });

  it('says of each part why it could not be read, and never fails as a whole (S35)', async () => {
    const hangs = { configRoot: root.path, ask: () => new Promise<never>(() => undefined) };
    const report = await collectReport(sources(hangs, 50));
    expect(report.variables).toEqual({ kind: 'untold', why: 'it took longer than 50 ms' });
    expect(report.disks.kind).toBe('told');
    const none = await collectReport(sources(null));
    expect(none.makeProfile).toEqual({ kind: 'untold', why: 'this drone has no Portage' });
  });
});
