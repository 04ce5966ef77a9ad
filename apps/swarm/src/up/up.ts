import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiClient } from '../client/api-client.js';
import { buildMeans, type BuildMeans } from './build-means.js';
import { registerProfile } from './register-profile.js';
import { servers } from './servers.js';
import { drones, services, urlsOf, type ServicePlaces } from './services.js';
import { loadSettings, type Settings } from './settings.js';
import { Supervisor } from './supervisor.js';

export interface UpOptions {
  readonly drones: number;
  readonly slots: number;
  readonly stateDir: string;
  readonly executor: 'auto' | 'portage' | 'synthetic';
  readonly graph: string;
  readonly gatewayPort: number | undefined;
  readonly drainMs: number;
  readonly restartDrones: boolean;
  /** The project's directory. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs a whole swarm on this machine until a signal comes; resolves when everything has stopped. */
export async function up(options: UpOptions): Promise<void> {
  const { stateDir, home } = options;
  await mkdir(join(stateDir, 'logs'), { recursive: true });
  const settings = await loadSettings(stateDir, options.gatewayPort);
  const cacheDir = join(home, '.cache');
  const means = await buildMeans({
    executor: options.executor,
    labDir: join(home, 'lab'),
    stateDir,
    cacheDir,
    graph: options.graph,
    onProgress: say,
  });
  if (means.kind === 'synthetic') say(`SYNTHETIC: nothing real is built. ${means.reason}`);
  else say(`Portage ${means.portage.version} (${means.portage.source})`);

  const supervisor = new Supervisor(
    {
      onStart: (name, pid) => {
        say(`${name.padEnd(16)} started, pid ${pid}`);
        void recordPids(stateDir, supervisor);
      },
      onEnd: (name, how, restarts) => {
        say(`${name.padEnd(16)} ended: ${how}${restarts ? '; it is started again' : ''}`);
        void recordPids(stateDir, supervisor);
      },
    },
    restartDelayMs(options.env),
  );
  const signals = stopSignals();
  try {
    await startAll(supervisor, options, settings, means, cacheDir);
    await writeRuntime(stateDir, settings, means);
    say(
      `\nready: ${urlsOf(settings).gateway}/ (status page and API), binhost at ${urlsOf(settings).binhost}/${means.profile}/`,
    );
    say('Ctrl-C stops everything; once more, and builds in hand are given back.\n');
    await signals.first;
    say('stopping');
  } finally {
    await supervisor.stop(signals.hurry);
    signals.dispose();
    say('stopped');
  }
}

async function startAll(
  supervisor: Supervisor,
  options: UpOptions,
  settings: Settings,
  means: BuildMeans,
  cacheDir: string,
): Promise<void> {
  const { stateDir, env } = options;
  const base = await servers({ stateDir, cacheDir, ports: settings.ports, env });
  const places: ServicePlaces = {
    settings,
    stateDir,
    appsDir: join(options.home, 'dist/apps'),
    databaseUrl: base.databaseUrl,
    natsUrl: base.natsUrl,
    inherited: inheritedFrom(env),
  };
  await Promise.all(base.parts.map((part) => supervisor.start(part)));
  await Promise.all(services(places).map((part) => supervisor.start(part)));
  const api = new ApiClient({ url: urlsOf(settings).gateway, token: env['SWARM_API_TOKEN'] });
  const pushed = await registerProfile(api, means);
  if (pushed !== undefined) say(`${means.profile.padEnd(16)} configuration pushed, version ${pushed}`);
  const fleet = drones({
    ...places,
    count: options.drones,
    slots: options.slots,
    profile: means.profile,
    executor: means.droneEnv,
    drainMs: options.drainMs,
    restart: options.restartDrones,
  });
  for (const drone of fleet) await supervisor.start(drone);
}

/** What others on this machine need to know of the running swarm (`runtime.json`, for scripts and tests). */
async function writeRuntime(stateDir: string, settings: Settings, means: BuildMeans): Promise<void> {
  await writeWhole(join(stateDir, 'runtime.json'), {
    ...urlsOf(settings),
    profile: means.profile,
    kind: means.kind,
    ports: settings.ports,
  });
}

async function recordPids(stateDir: string, supervisor: Supervisor): Promise<void> {
  // A status file for people and tests; the swarm itself does not depend on it.
  await writeWhole(join(stateDir, 'processes.json'), supervisor.pids).catch(() => undefined);
}

let writes = 0;

async function writeWhole(file: string, content: object): Promise<void> {
  writes += 1;
  const temporary = `${file}.${process.pid}.${writes}`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`);
  await rename(temporary, file);
}

/** Proofs kill parts all the time, and do not want to wait longer each time. */
function restartDelayMs(env: UpOptions['env']): number | undefined {
  const given = Number(env['SWARM_RESTART_DELAY_MAX_MS']);
  return Number.isInteger(given) && given > 0 ? given : undefined;
}

/** The machine's environment without what would point our own processes elsewhere. */
function inheritedFrom(env: UpOptions['env']): Record<string, string> {
  const own = ['DATABASE_URL', 'NATS_URL', 'SWARM_STATE', 'SWARM_STATE_DIR', 'NODE_OPTIONS'];
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || own.includes(name) ? [] : [[name, value]],
    ),
  );
}

interface StopSignals {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly first: Promise<void>;
  /** Aborted at the second. */
  readonly hurry: AbortSignal;
  dispose(): void;
}

function stopSignals(): StopSignals {
  const hurry = new AbortController();
  let onSignal: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    let count = 0;
    onSignal = () => {
      count += 1;
      if (count === 1) resolve();
      else hurry.abort();
    };
  });
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    first,
    hurry: hurry.signal,
    dispose: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
