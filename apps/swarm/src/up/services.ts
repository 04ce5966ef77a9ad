import { join } from 'node:path';

import { nodeProcess } from './node-process.js';
import type { Part } from './part.js';
import type { Settings } from './settings.js';

/** Services finish requests and messages in hand; that takes seconds. */
const SERVICE_DRAIN_MS = 20_000;

export interface ServicePlaces {
  readonly settings: Settings;
  readonly stateDir: string;
  /** Where the bundled applications are, `dist/apps`. */
  readonly appsDir: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  /** Variables of our own environment that children get: the machine's, and every `SWARM_…` and `LAB_…`. */
  readonly inherited: Readonly<Record<string, string>>;
}

/** The URLs of what `swarm up` starts. */
export function urlsOf({ ports }: Settings): { readonly gateway: string; readonly binhost: string } {
  return { gateway: `http://127.0.0.1:${ports.gateway}`, binhost: `http://127.0.0.1:${ports.binhost}` };
}

/** The five services, in the order in which they are started. */
export function services(places: ServicePlaces): Part[] {
  const { settings, stateDir, databaseUrl, natsUrl } = places;
  const { ports } = settings;
  const urls = urlsOf(settings);
  const shared = { DATABASE_URL: databaseUrl, NATS_URL: natsUrl, SWARM_BINHOST_URL: urls.binhost };
  const service = (name: string, port: number, env: Readonly<Record<string, string>>): Part =>
    nodeProcess({
      name,
      main: join(places.appsDir, name, 'main.js'),
      env: { ...places.inherited, ...shared, ...env },
      logsDir: join(stateDir, 'logs'),
      cwd: stateDir,
      readyUrl: `http://127.0.0.1:${port}/readyz`,
      restart: true,
      drainMs: SERVICE_DRAIN_MS,
    });
  return [
    service('binhost', ports.binhost, {
      SWARM_BINHOST_PORT: String(ports.binhost),
      SWARM_BINHOST_DIR: join(stateDir, 'binhost'),
    }),
    service('health-monitor', ports.monitor, {
      SWARM_MONITOR_PORT: String(ports.monitor),
      SWARM_ENROLMENT_KEY: settings.enrolmentKey,
    }),
    service('healer', ports.healer, { SWARM_HEALER_PORT: String(ports.healer) }),
    service('scheduler', ports.scheduler, { SWARM_SCHEDULER_PORT: String(ports.scheduler) }),
    service('gateway', ports.gateway, { SWARM_GATEWAY_PORT: String(ports.gateway) }),
  ];
}

export interface DronePlaces extends ServicePlaces {
  readonly count: number;
  readonly slots: number;
  readonly profile: string;
  /** What makes a drone of this swarm build: variables of the executor. */
  readonly executor: Readonly<Record<string, string>>;
  readonly drainMs: number;
  readonly restart: boolean;
}

/** `drone-1` … `drone-N`. They have no address of the ledger: a drone has no business there. */
export function drones(places: DronePlaces): Part[] {
  return Array.from({ length: places.count }, (_unused, i) => {
    const name = `drone-${i + 1}`;
    return nodeProcess({
      name,
      main: join(places.appsDir, 'drone', 'main.js'),
      env: {
        ...places.inherited,
        ...places.executor,
        NATS_URL: places.natsUrl,
        SWARM_ENROLMENT_KEY: places.settings.enrolmentKey,
        SWARM_DRONE_NAME: name,
        SWARM_PROFILE: places.profile,
        SWARM_SLOTS: String(places.slots),
        SWARM_STATE_DIR: join(places.stateDir, 'drones', name),
      },
      logsDir: join(places.stateDir, 'logs'),
      cwd: places.stateDir,
      restart: places.restart,
      drainMs: places.drainMs,
    });
  });
}
