import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { WorkAssigned, WorkStopped } from '@swarm/contracts';
import { systemClock } from '@swarm/platform';
import { waitFor } from '@swarm/testing';

import { FileOwnerPause } from './files/file-owner-pause.js';
import { runDrone, type RunningDrone } from './testing/run-drone.js';
import { binhost, control, drone, nats, state, useSurroundings } from './testing/surroundings.js';
import { buildAssigned } from './testing/test-work.js';
import { ownerCommand } from './use-cases/owner-commands.js';

const running: RunningDrone[] = [];

useSurroundings('drone-stopping', async () => {
  for (const each of running.splice(0)) await each.stop();
});

async function startDrone(): Promise<RunningDrone> {
  const started = await runDrone({ drone, natsUrl: nats.url, stateDir: state.path });
  running.push(started);
  await waitFor(() => started.lines.some(({ msg }) => msg === 'ready'));
  return started;
}

const latestBeat = () => control.beats.findLast((beat) => beat.drone === drone);

function incarnation(): string {
  return control.enrolling.findLast((asked) => asked.drone === drone)?.incarnation ?? '';
}

async function say(...words: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const ports = { pause: new FileOwnerPause(state.path), clock: systemClock };
  await ownerCommand(words, { ...ports, out: (line) => lines.push(line) });
  return lines.join('\n');
}

describe('a drone that is told to stop an attempt', () => {
  it('stops it and gives it back, whatever else it has goes on (S3, Q24)', async () => {
    await startDrone();
    const work = buildAssigned(drone, binhost.url, { durationMs: 60_000 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'building'));
    const { attemptId } = work;
    const reason = 'drone-2 builds it now, as attempt 2';
    // Meant for an earlier start of the agent, and for other work: neither is heeded.
    await control.bus.publish(WorkStopped, { drone, incarnation: randomUUID(), attemptId, reason });
    await control.bus.publish(WorkStopped, {
      ...{ drone, incarnation: incarnation(), attemptId: randomUUID(), reason },
    });
    const beats = control.beats.length;
    await waitFor(() => control.beats.length > beats + 2);
    expect(control.isIn(drone, attemptId, 'building')).toBe(true);
    await control.bus.publish(WorkStopped, { drone, incarnation: incarnation(), attemptId, reason });
    expect(await waitFor(() => control.endOf(attemptId))).toEqual({ kind: 'returned', reason });
    await waitFor(() => latestBeat()?.attempts.length === 0);

    const next = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, next);
    await waitFor(() => control.endOf(next.attemptId)?.kind === 'built');
    expect(latestBeat()?.draining).toBe(false);
  });
});

describe('the owner of a machine', () => {
  it('pauses the drone without the control plane: it finishes what it has and takes no more (S7)', async () => {
    await startDrone();
    const first = buildAssigned(drone, binhost.url, { durationMs: 400 });
    await control.bus.publish(WorkAssigned, first);
    await waitFor(() => control.isIn(drone, first.attemptId, 'building'));
    expect(await say('pause', 'movie', 'night')).toContain('paused');
    await waitFor(() => latestBeat()?.draining);
    expect(latestBeat()?.drainReason).toBe('paused by its owner: movie night');
    const second = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, second);
    await waitFor(() => control.endOf(first.attemptId)?.kind === 'built');
    expect(await waitFor(() => control.endOf(second.attemptId))).toEqual({
      ...{ kind: 'refused', reason: 'paused by its owner: movie night' },
    });
    expect(await say('paused')).toMatch(/^paused since 20.*: movie night$/);

    expect(await say('resume')).toContain('resumed');
    await waitFor(() => latestBeat()?.draining === false);
    const third = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, third);
    await waitFor(() => control.endOf(third.attemptId)?.kind === 'built');
    expect(await say('resume')).toBe('it was not paused');
  });

  it('is obeyed over a restart of the agent, and with a file that was made by hand', async () => {
    await writeFile(join(state.path, 'paused.json'), 'the cat sleeps on it\n');
    await startDrone();
    await waitFor(() => latestBeat()?.draining);
    expect(latestBeat()?.drainReason).toBe('paused by its owner: the cat sleeps on it');
  });

  it('is told what to say, and that nothing else is understood', async () => {
    expect(await say('stop')).toContain('usage: swarm-drone pause');
    expect(await say('paused')).toBe('not paused');
  });
});

describe('a heartbeat', () => {
  it('tells versions, pressure where the kernel has it, and how the latest upload ended', async () => {
    await startDrone();
    await waitFor(() => latestBeat());
    expect(latestBeat()).toMatchObject({
      agentVersion: 'test',
      portageVersion: 'none',
      uploadPath: 'unknown',
    });
    const wasBad = (): boolean =>
      control.beats.some((beat) => beat.drone === drone && beat.uploadPath === 'bad');
    binhost.script = () => ({ status: wasBad() ? 201 : 503 });
    const work = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => latestBeat()?.uploadPath === 'good', { timeoutMs: 20_000 });
    expect(wasBad()).toBe(true);
  });
});
