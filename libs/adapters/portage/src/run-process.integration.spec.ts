import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { membersOf } from './process-tree.js';
import { runProcess } from './run-process.js';

describe('runProcess', () => {
  let dir: string;
  const environment = { PATH: process.env['PATH'] ?? '' };

  beforeAll(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'swarm-run-')));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('gives the exit code, the output and the answer apart', async () => {
    const command = ['sh', '-c', 'echo answer; echo noise >&2; exit 3'];
    const apart = await runProcess({ command, environment, answerLimitBytes: 1000 });
    expect(apart).toMatchObject({ exitCode: 3, answer: 'answer\n', tail: 'noise\n' });
  });

  it('tells a program that cannot be started from one that failed', async () => {
    const result = await runProcess({ command: [join(dir, 'absent')], environment });
    expect(result.exitCode).toBe(-1);
    expect(result.tail).toContain('ENOENT');
  });

  it('keeps the end of a long output', async () => {
    const result = await runProcess({
      command: ['sh', '-c', 'yes line | head -n 200000; echo last'],
      environment,
    });
    expect(result.tail.length).toBeLessThanOrEqual(256 * 1024);
    expect(result.tail.endsWith('line\nlast\n')).toBe(true);
  });

  it('kills after the grace what ignores SIGTERM, with its children', async () => {
    const command = ['sh', '-c', "trap '' TERM; sleep 100 & sleep 100; sleep 100"];
    const result = await runProcess({
      command,
      environment,
      cwd: dir,
      workDir: dir,
      timeoutMs: 200,
      graceMs: 200,
    });
    expect(result).toMatchObject({ exitCode: 137, stopped: 'timeout' });
    expect(await membersOf({ workDir: dir })).toEqual([]);
  });

  it('leaves nothing running that fled into another session', async () => {
    const command = ['sh', '-c', 'setsid sleep 100 & exit 0'];
    const result = await runProcess({ command, environment, cwd: dir, workDir: dir });
    expect(result.exitCode).toBe(0);
    expect(await membersOf({ workDir: dir })).toEqual([]);
  });

  it('stops one that was called off before it began', async () => {
    const result = await runProcess({ command: ['sleep', '100'], environment, signal: AbortSignal.abort() });
    expect(result).toMatchObject({ exitCode: 143, stopped: 'aborted' });
  });

  it('stops one that says nothing, and not one that says something', async () => {
    const quiet = await runProcess({ command: ['sleep', '100'], environment, silenceMs: 200 });
    expect(quiet.stopped).toBe('silence');
    const talking = ['sh', '-c', 'for i in 1 2 3 4 5; do echo $i; sleep 0.2; done'];
    const result = await runProcess({ command: talking, environment, silenceMs: 1000 });
    expect(result).toMatchObject({ exitCode: 0, tail: '1\n2\n3\n4\n5\n' });
  });
});
