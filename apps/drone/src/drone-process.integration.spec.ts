import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { MachineReportAsked, MachineReported, WorkAssigned } from '@swarm/contracts';
import { repositoryRoot, waitFor } from '@swarm/testing';

import { binhost, control, drone, nats, state, useSurroundings } from './testing/surroundings.js';
import { buildAssigned, TEST_KEY, TEST_PROFILE } from './testing/test-work.js';

/** The agent as people run it: bundled, as a process of its own. */
interface DroneProcess {
  readonly child: ChildProcess;
  readonly lines: Readonly<Record<string, unknown>>[];
  readonly exited: Promise<number | string>;
}

const slow = { timeoutMs: 30_000 };
const started: DroneProcess[] = [];
let program: string;

beforeAll(async () => {
  // Inside the repository, so that the bundle finds its packages; apart from `dist`, which others may be writing.
  const root = repositoryRoot();
  const bundle = spawn(process.execPath, ['tools/bundle.mjs', 'apps/drone'], { cwd: root, stdio: 'inherit' });
  expect(await once(bundle, 'exit')).toEqual([0, null]);
  program = join(root, 'dist/apps/drone/main.js');
});

useSurroundings('drone-process', async () => {
  for (const { child, exited } of started.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});

describe('S7: a drone process', () => {
  it('finishes its build on SIGTERM, takes no other, and exits with 0', async () => {
    const agent = await startAgent();
    const first = buildAssigned(drone, binhost.url, { durationMs: 1500 });
    const second = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, first);
    await control.bus.publish(WorkAssigned, second);
    await waitFor(() => control.isIn(drone, first.attemptId, 'building'), slow);
    agent.child.kill('SIGTERM');
    // It goes on telling that it lives, and that it takes nothing more.
    await waitFor(
      () => control.beats.filter((beat) => beat.drone === drone && beat.draining).length > 2,
      slow,
    );
    expect(await agent.exited).toBe(0);
    expect(control.endOf(first.attemptId)?.kind).toBe('built');
    expect(binhost.uploadsOf(first.attemptId)).toHaveLength(1);
    expect(control.outcomesOf(second.attemptId)).toEqual([]);
    // The second message was never given out: whoever takes it next is the first to see it.
    const counts: number[] = [];
    await control.bus.consume(
      WorkAssigned,
      `drone-${drone}`,
      (_work, { count }) => {
        counts.push(count);
        return Promise.resolve({ kind: 'done' });
      },
      { where: { drone }, maxDeliver: 10 },
    );
    await waitFor(() => counts.length > 0);
    expect(counts).toEqual([1]);
  });

  it('gives its attempt back on a second SIGTERM, and exits with 0', async () => {
    const agent = await startAgent();
    const work = buildAssigned(drone, binhost.url, { durationMs: 60_000 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'building'), slow);
    agent.child.kill('SIGTERM');
    await waitFor(() => control.beats.findLast((beat) => beat.drone === drone)?.draining, slow);
    agent.child.kill('SIGTERM');
    expect(await agent.exited).toBe(0);
    const returned = await waitFor(() => control.endOf(work.attemptId));
    expect(returned).toMatchObject({
      kind: 'returned',
      reason: expect.stringContaining('SIGTERM') as unknown,
    });
    expect(binhost.uploadsOf(work.attemptId)).toEqual([]);
  });

  it('builds its attempt anew after kill -9, with a log that still joins', async () => {
    const agent = await startAgent();
    const work = buildAssigned(drone, binhost.url, { durationMs: 3000 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'building'), slow);
    await waitFor(() => control.logs.some(({ job }) => job === work.work.jobId), slow);
    agent.child.kill('SIGKILL');
    expect(await agent.exited).toBe('SIGKILL');
    await startAgent();
    await waitFor(() => control.endOf(work.attemptId)?.kind === 'built', { timeoutMs: 60_000 });
    expect(control.outcomesOf(work.attemptId).map(({ kind }) => kind)).toEqual([
      'started',
      'started',
      'built',
    ]);
    expect(await waitFor(() => control.logOf(work.work.jobId))).toContain('the drone was restarted');
  });

  it('uploads the artifact that it had built before kill -9, instead of building it again (S15)', async () => {
    binhost.script = () => ({ status: 503 });
    const agent = await startAgent();
    const work = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => binhost.uploadsOf(work.attemptId).length > 0, slow);
    agent.child.kill('SIGKILL');
    await agent.exited;
    binhost.script = () => ({ status: 201 });
    await startAgent();
    await waitFor(() => control.endOf(work.attemptId)?.kind === 'built', slow);
    expect(new Set(binhost.uploadsOf(work.attemptId).map(({ sha256 }) => sha256)).size).toBe(1);
    expect(control.outcomesOf(work.attemptId).filter(({ kind }) => kind === 'started')).toHaveLength(1);
    await waitFor(async () => (await readdir(join(state.path, 'spool'))).length === 1);
  });

  it('says how its machine is set up when it is asked, and tells its owner’s pause (S1, S35)', async () => {
    await startAgent();
    const question = { requestId: randomUUID(), drone };
    const { report } = await control.bus.request(MachineReportAsked, question, MachineReported, 20_000);
    expect(report).toMatchObject({
      ...{ drone, profile: TEST_PROFILE, agentVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/) as unknown },
      ...{ disks: { kind: 'told' }, cron: { kind: 'told' }, toolchain: { kind: 'told' } },
      variables: { kind: 'untold', why: 'this drone has no Portage' },
    });
    const owner = launch({}, ['pause', 'movie', 'night']);
    expect(await owner.exited).toBe(0);
    const paused = () => control.beats.findLast((beat) => beat.drone === drone)?.drainReason;
    await waitFor(() => paused() === 'paused by its owner: movie night', slow);
    expect(await launch({}, ['stop']).exited).toBe(2);
  });

  it('names every mistake in its environment at once, and exits with 2', async () => {
    const agent = launch({ SWARM_DRONE_NAME: 'Not A Name', NATS_URL: undefined, SWARM_SLOTS: '0' });
    expect(await agent.exited).toBe(2);
    const [line] = agent.lines;
    expect(line?.['reason']).toEqual(expect.stringMatching(/SWARM_DRONE_NAME.*NATS_URL.*SWARM_SLOTS/s));
    expect(JSON.stringify(agent.lines)).not.toContain(TEST_KEY);
  });

  it('lets only one agent work in a state directory', async () => {
    await startAgent();
    const other = launch({});
    expect(await other.exited).toBe(2);
    expect(JSON.stringify(other.lines)).toContain('Another drone agent already works in');
  });

  it('waits for a NATS that is not there yet, and stops while it waits', async () => {
    const agent = launch({ NATS_URL: 'nats://127.0.0.1:9' });
    await waitFor(() => agent.lines.some(({ msg }) => msg === 'waiting for NATS'), slow);
    agent.child.kill('SIGTERM');
    expect(await agent.exited).toBe(0);
  });
});

async function startAgent(): Promise<DroneProcess> {
  const agent = launch({});
  await waitFor(() => agent.lines.some(({ msg }) => msg === 'ready'), slow);
  return agent;
}

function launch(
  changes: Readonly<Record<string, string | undefined>>,
  words: readonly string[] = [],
): DroneProcess {
  const child = spawn(process.execPath, [program, ...words], {
    env: {
      PATH: process.env['PATH'],
      SWARM_DRONE_NAME: drone,
      NATS_URL: nats.url,
      SWARM_ENROLMENT_KEY: TEST_KEY,
      SWARM_PROFILE: TEST_PROFILE,
      SWARM_EXECUTOR: 'synthetic',
      SWARM_ACK_WAIT_MS: '2000',
      SWARM_STATE_DIR: state.path,
      ...changes,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: DroneProcess['lines'] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) lines.push(lineOf(line));
  });
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const agent = { child, lines, exited };
  started.push(agent);
  return agent;
}

/** The agent logs JSON; what it answers to its owner is plain text. */
function lineOf(text: string): Readonly<Record<string, unknown>> {
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
}
