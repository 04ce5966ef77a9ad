import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

import { afterEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';

import { silentLogger } from './logger.js';
import { freePort } from './ports.js';
import { runService, type RunningService, type ServiceOptions } from './service.js';

@Module({})
class EmptyModule {}

const running: RunningService[] = [];
async function start(options: Partial<ServiceOptions> = {}): Promise<RunningService> {
  const service = await runService({
    name: 'probe',
    logger: silentLogger(),
    port: 0,
    module: { module: EmptyModule },
    readiness: {},
    stop: {},
    handleSignals: false,
    ...options,
  });
  running.push(service);
  return service;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
async function ask(service: RunningService, path: string): Promise<Answer> {
  const response = await fetch(`${service.url}${path}`);
  return { status: response.status, body: await response.json() };
}

describe('a running service', () => {
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.stop({ hurry: true })));
    process.exitCode = undefined;
  });

  it('listens on loopback, and says that it lives', async () => {
    const service = await start();
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask(service, '/healthz')).toEqual({
      status: 200,
      body: { status: 'alive', service: 'probe' },
    });
  });

  it('is ready only while every round trip succeeds in time, and names the one that does not (S31)', async () => {
    let isDatabaseUp = true;
    const service = await start({
      readinessLimitMs: 50,
      readiness: {
        postgres: () => (isDatabaseUp ? Promise.resolve() : Promise.reject(new Error('relation is wedged'))),
        nats: () => Promise.resolve(),
        slow: () => (isDatabaseUp ? Promise.resolve() : new Promise(() => undefined)),
      },
    });
    expect(await ask(service, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    isDatabaseUp = false;
    expect(await ask(service, '/readyz')).toMatchObject({
      status: 503,
      body: {
        status: 'not ready',
        checks: {
          postgres: { ok: false, reason: 'relation is wedged' },
          nats: { ok: true },
          slow: { ok: false, reason: 'slow took longer than 50 ms' },
        },
      },
    });
    expect(await ask(service, '/healthz')).toMatchObject({ status: 200 });
  });

  it('leaves the bodies of requests alone, for those who stream them', async () => {
    const service = await start({
      configure: (app) => {
        app.use(
          '/echo',
          (incoming: IncomingMessage & { body?: unknown }, outgoing: { end: (text: string) => void }) => {
            const parsed = typeof incoming.body;
            let bytes = 0;
            incoming.on('data', (chunk: Buffer) => (bytes += chunk.length));
            incoming.on('end', () => {
              outgoing.end(JSON.stringify({ parsed, bytes }));
            });
          },
        );
      },
    });
    const response = await fetch(`${service.url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    });
    expect(await response.json()).toEqual({ parsed: 'undefined', bytes: 7 });
  });

  it('finishes the request in hand, takes no other, and stops once', async () => {
    let answer = (): void => undefined;
    let stops = 0;
    const service = await start({
      stop: {
        stopTaking: {
          counted: () => {
            stops++;
          },
        },
      },
      configure: (app) => {
        app.use('/slow', (_incoming: unknown, outgoing: { end: (text: string) => void }) => {
          answer = () => {
            outgoing.end('"done"');
          };
        });
      },
    });
    const slow = request(`${service.url}/slow`).end();
    const responded = once(slow, 'response') as Promise<[IncomingMessage]>;
    await once(slow, 'finish');
    await ask(service, '/healthz');
    const stopped = Promise.all([service.stop(), service.stop()]);
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
    answer();
    const [response] = await responded;
    expect(response.statusCode).toBe(200);
    response.resume();
    await stopped;
    await service.closed;
    expect(stops).toBe(1);
  });

  it('lets go of everything when it cannot start, and says why', async () => {
    const port = await freePort();
    await start({ port });
    const released: string[] = [];
    const second = start({ port, stop: { release: { pool: () => void released.push('pool') } } });
    await expect(second).rejects.toMatchObject({
      code: 'SWARM_CONFIG',
      message: expect.stringContaining(String(port)) as unknown,
    });
    expect(released).toEqual(['pool']);
  });

  it('stops on SIGTERM by itself, and then listens to signals no more', async () => {
    const before = process.listenerCount('SIGTERM');
    const service = await start({ handleSignals: true });
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    process.emit('SIGTERM');
    await service.closed;
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('hurries on a second signal', async () => {
    let begin = (): void => undefined;
    const draining = new Promise<void>((resolve) => (begin = resolve));
    const service = await start({
      handleSignals: true,
      stop: {
        drain: {
          build: (hurry) =>
            new Promise((resolve) => {
              hurry.addEventListener('abort', () => {
                resolve();
              });
              begin();
            }),
        },
      },
    });
    process.emit('SIGTERM');
    await draining;
    process.emit('SIGTERM');
    await expect(service.closed).resolves.toBeUndefined();
  });
});
