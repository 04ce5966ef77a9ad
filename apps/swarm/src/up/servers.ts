import { join } from 'node:path';

import { ensureNatsServer, startNatsServer, startPostgres } from '@swarm/platform';

import type { Part } from './part.js';

export interface Servers {
  /** Empty where the environment names servers that run already. */
  readonly parts: readonly Part[];
  readonly databaseUrl: string;
  readonly natsUrl: string;
}

interface ServerPlaces {
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly ports: { readonly postgres: number; readonly nats: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Postgres and NATS: the ones that the environment names, or our own on loopback. */
export async function servers({ stateDir, cacheDir, ports, env }: ServerPlaces): Promise<Servers> {
  const givenDatabase = env['DATABASE_URL'];
  const givenNats = env['NATS_URL'];
  const parts: Part[] = [];
  // Found before anything is started: a server that cannot be had is known in the first second.
  const nats = givenNats === undefined ? await ensureNatsServer({ cacheDir }) : undefined;
  let databaseUrl = givenDatabase ?? '';
  if (givenDatabase === undefined) {
    databaseUrl = `postgresql://swarm@127.0.0.1:${ports.postgres}/swarm`;
    parts.push({
      name: 'postgres',
      restart: true,
      start: async () => {
        const server = await startPostgres({ dataDir: join(stateDir, 'postgres'), port: ports.postgres });
        return { pid: server.pid, exited: server.process.exited, stop: () => server.stop() };
      },
    });
  }
  if (nats) {
    parts.push({
      name: 'nats',
      restart: true,
      start: async () => {
        const server = await startNatsServer({
          binary: nats.binary,
          storeDir: join(stateDir, 'nats'),
          port: ports.nats,
          syncAlways: true,
        });
        return { pid: server.pid, exited: server.process.exited, stop: () => server.stop() };
      },
    });
  }
  return { parts, databaseUrl, natsUrl: givenNats ?? `nats://127.0.0.1:${ports.nats}` };
}
