import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { SwarmError } from '@swarm/kernel';
import { freePort } from '@swarm/platform';
import { z } from 'zod';

const Port = z.int().min(1).max(65_535);

/** What a swarm on this machine keeps across restarts, so that drones and clients find it where it was. */
const Settings = z.object({
  version: z.literal(1),
  enrolmentKey: z.string().min(32),
  ports: z.object({
    postgres: Port,
    nats: Port,
    scheduler: Port,
    monitor: Port,
    healer: Port,
    binhost: Port,
    gateway: Port,
  }),
});
export type Settings = z.output<typeof Settings>;

const KEY_BYTES = 32;
const ONLY_OWNER = 0o600;

/** Reads the settings of a state directory, or makes them. */
export async function loadSettings(stateDir: string, gatewayPort: number | undefined): Promise<Settings> {
  await mkdir(stateDir, { recursive: true });
  const file = join(stateDir, 'settings.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  const settings = text === undefined ? await newSettings() : parsed(file, text);
  const wanted =
    gatewayPort === undefined
      ? settings
      : { ...settings, ports: { ...settings.ports, gateway: gatewayPort } };
  await writeFile(`${file}.new`, `${JSON.stringify(wanted, null, 2)}\n`, { mode: ONLY_OWNER });
  await rename(`${file}.new`, file);
  return wanted;
}

function parsed(file: string, text: string): Settings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const read = Settings.safeParse(json);
  if (read.success) return read.data;
  throw new SwarmError('SWARM_CONFIG', `${file} is damaged.`, {
    hint: 'Remove it to have new ports and a new enrolment key made; the swarm itself is in the ledger beside it.',
  });
}

async function newSettings(): Promise<Settings> {
  const names = ['postgres', 'nats', 'scheduler', 'monitor', 'healer', 'binhost', 'gateway'] as const;
  const ports = new Map<string, number>();
  while (ports.size < names.length) {
    const port = await freePort();
    const name = names[ports.size];
    if (name !== undefined && ![...ports.values()].includes(port)) ports.set(name, port);
  }
  return Settings.parse({
    version: 1,
    enrolmentKey: randomBytes(KEY_BYTES).toString('hex'),
    ports: Object.fromEntries(ports),
  });
}
