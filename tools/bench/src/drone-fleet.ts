import { parentPort, Worker, workerData } from 'node:worker_threads';

import { connectBus } from '@swarm/adapter-nats';
import { WorkAssigned } from '@swarm/contracts';
import { silentLogger } from '@swarm/platform';

/** A fleet that takes a piece of work for each of its slots and holds it, as drones do while they build. */
export interface FleetSize {
  readonly natsUrl: string;
  readonly drones: number;
  readonly slots: number;
}

const LIMIT_MS = 120_000;

/** Drones in a thread of their own, since they are other machines: what they do must not slow the scheduler down. */
export class DroneFleet implements AsyncDisposable {
  private constructor(private readonly worker: Worker) {}

  static async start(size: FleetSize): Promise<DroneFleet> {
    const worker = new Worker(new URL(import.meta.url), { workerData: size });
    await answer(worker);
    return new DroneFleet(worker);
  }

  /** Resolves when so many different attempts are held. */
  async holds(attempts: number): Promise<void> {
    this.worker.postMessage({ tellAt: attempts });
    await answer(this.worker);
  }

  /** Ends whatever is held. */
  async release(): Promise<void> {
    this.worker.postMessage({ tellAt: undefined });
    await answer(this.worker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate();
  }
}

function answer(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the drones said nothing for ${LIMIT_MS} ms`));
    }, LIMIT_MS);
    worker.once('error', reject);
    worker.once('message', () => {
      clearTimeout(timer);
      worker.off('error', reject);
      resolve();
    });
  });
}

/** What the thread runs. */
export async function runFleet(): Promise<void> {
  const { natsUrl, drones, slots } = workerData as FleetSize;
  const bus = await connectBus({ url: natsUrl, name: 'bench-drones', logger: silentLogger() });
  const held = new Map<string, () => void>();
  let tellAt: number | undefined;
  const tell = (): void => {
    if (tellAt === undefined || held.size < tellAt) return;
    tellAt = undefined;
    parentPort?.postMessage('held');
  };
  parentPort?.on('message', (asked: { readonly tellAt: number | undefined }) => {
    tellAt = asked.tellAt;
    tell();
    if (asked.tellAt !== undefined) return;
    for (const release of held.values()) release();
    held.clear();
    parentPort?.postMessage('released');
  });
  for (let i = 0; i < drones; i += 1) {
    const drone = `drone-${i}`;
    const handle = async ({ attemptId }: WorkAssigned): Promise<{ kind: 'done' }> => {
      await new Promise<void>((release) => {
        held.set(attemptId, release);
        tell();
      });
      return { kind: 'done' };
    };
    await bus.consume(WorkAssigned, `drone-${drone}`, handle, { where: { drone }, concurrency: slots });
  }
  parentPort?.postMessage('ready');
}
