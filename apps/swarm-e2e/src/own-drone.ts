import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startProcess, type ManagedProcess } from '@swarm/platform';
import { repositoryRoot } from '@swarm/testing';

import type { TestSwarm } from './test-swarm.js';

const STOP_GRACE_MS = 20_000;

export interface OwnDroneOptions {
  readonly name: string;
  readonly slots?: number;
  /** Where it finds NATS; default: the swarm's own port. */
  readonly natsPort?: number;
  /** It reaches the binhost through this port: connections to the binhost's own are led there, as a router would. */
  readonly binhostPort?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where the parts of a test's swarm listen, and what its drones must know. */
interface Surroundings {
  readonly ports: Readonly<Record<string, number>>;
  readonly enrolmentKey: string;
}

/** Ports of the swarm's parts, by name. */
export async function portsOf(swarm: TestSwarm): Promise<Readonly<Record<string, number>>> {
  return (await surroundingsOf(swarm)).ports;
}

/** A drone that the test starts, kills and starts again itself, as a supervisor on its own machine would. */
export class OwnDrone implements AsyncDisposable {
  #process: ManagedProcess | undefined;

  private constructor(
    readonly name: string,
    private readonly swarm: TestSwarm,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** The agent is started; it enrols by itself. */
  static async start(swarm: TestSwarm, options: OwnDroneOptions): Promise<OwnDrone> {
    const { name, slots = 1 } = options;
    const { ports, enrolmentKey } = await surroundingsOf(swarm);
    const stateDir = join(swarm.stateDir, 'drones', name);
    await mkdir(stateDir, { recursive: true });
    const { NATS_URL: _nats, DATABASE_URL: _database, ...inherited } = process.env;
    const drone = new OwnDrone(name, swarm, {
      ...inherited,
      NODE_OPTIONS: led(ports['binhost'], options.binhostPort),
      NATS_URL: `nats://127.0.0.1:${options.natsPort ?? ports['nats']}`,
      SWARM_ENROLMENT_KEY: enrolmentKey,
      SWARM_DRONE_NAME: name,
      SWARM_PROFILE: 'synthetic',
      SWARM_EXECUTOR: 'synthetic',
      SWARM_SYNTHETIC_GRAPH: join(swarm.stateDir, '..', 'graph.json'),
      SWARM_SLOTS: String(slots),
      SWARM_STATE_DIR: stateDir,
      ...options.env,
    });
    await drone.start();
    return drone;
  }

  get log(): string {
    return join(this.swarm.stateDir, 'logs', `${this.name}.log`);
  }

  /** Starts it, or starts it again. */
  async start(): Promise<void> {
    const output = openSync(this.log, 'a');
    try {
      this.#process = await startProcess({
        command: process.execPath,
        args: [join(repositoryRoot(), 'dist/apps/drone/main.js')],
        cwd: this.swarm.stateDir,
        env: this.env,
        output,
        stopSignal: 'SIGTERM',
      });
    } finally {
      closeSync(output);
    }
  }

  /** kill -9: no word to anybody. */
  kill(): void {
    this.#process?.child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The second signal gives back what is in hand.
    this.#process?.child.kill('SIGTERM');
    await this.#process?.stop(STOP_GRACE_MS);
  }
}

/** Drones of a test's own; all of them end with it. */
export class OwnDrones implements AsyncDisposable {
  readonly #all: OwnDrone[] = [];

  constructor(private readonly swarm: TestSwarm) {}

  async start(options: OwnDroneOptions): Promise<OwnDrone> {
    const drone = await OwnDrone.start(this.swarm, options);
    this.#all.push(drone);
    return drone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((drone) => drone[Symbol.asyncDispose]()));
  }
}

async function surroundingsOf({ stateDir }: TestSwarm): Promise<Surroundings> {
  const { ports } = JSON.parse(await readFile(join(stateDir, 'runtime.json'), 'utf8')) as Pick<
    Surroundings,
    'ports'
  >;
  const { enrolmentKey } = JSON.parse(await readFile(join(stateDir, 'settings.json'), 'utf8')) as Pick<
    Surroundings,
    'enrolmentKey'
  >;
  return { ports, enrolmentKey };
}

/**
 * Node options that lead connections to one port of this machine to another: the address of the binhost comes with each
 * assignment, so a proxy before it can only be put in as a router would.
 */
function led(from: number | undefined, to: number | undefined): string {
  if (from === undefined || to === undefined) return '';
  const code = `import { Socket } from 'node:net';
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof options === 'object' && Number(options?.port) === ${from}) options.port = ${to};
  return connect.apply(this, args);
};`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}
