import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The directory in which proofs say where a process is to die; without it nothing ever does. */
export const CRASH_DIRECTORY = 'SWARM_CRASH_DIR';

/**
 * Where a process dies on purpose, for proofs of recovery: at the n-th moment before or after a call of the adapters that
 * it was given around. SIGKILL, so nothing is tidied up, as when the power goes. The order is taken once: the process
 * that is started next lives on.
 */
export class CrashPoints {
  #passed = 0;

  private constructor(
    private readonly diesAt: number,
    private readonly die: (point: string) => Promise<never>,
  ) {}

  /** Undefined unless `<SWARM_CRASH_DIR>/<service>` has a number in it. */
  static ofService(
    service: string,
    env: Readonly<Record<string, string | undefined>>,
    die = killThisProcess,
  ): CrashPoints | undefined {
    const directory = env[CRASH_DIRECTORY];
    if (directory === undefined) return undefined;
    const file = join(directory, service);
    const order = Number(readIfThere(file));
    if (!Number.isInteger(order) || order < 1) return undefined;
    rmSync(file);
    return new CrashPoints(order, die);
  }

  /** The same adapters, where each of their calls has a point before it and one after it. */
  around<T extends object>(name: string, target: T): T {
    return new Proxy(target, {
      get: (on, key) => {
        const value: unknown = Reflect.get(on, key, on);
        if (typeof key === 'symbol') return typeof value === 'function' ? (value.bind(on) as unknown) : value;
        const point = `${name}.${key}`;
        if (typeof value === 'function') return this.#counted(point, value.bind(on) as Call);
        return typeof value === 'object' && value !== null ? this.around(point, value) : value;
      },
    });
  }

  #counted(point: string, call: Call): Call {
    return (...given) => {
      if (this.#isReached()) return this.die(`before ${point}`);
      const result = call(...given);
      if (!(result instanceof Promise)) return result;
      return result.then((value: unknown) => (this.#isReached() ? this.die(`after ${point}`) : value));
    };
  }

  #isReached(): boolean {
    this.#passed += 1;
    return this.#passed === this.diesAt;
  }
}

type Call = (...given: unknown[]) => unknown;

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function killThisProcess(point: string): Promise<never> {
  process.stderr.write(`${JSON.stringify({ level: 'warn', message: 'dies as ordered', point })}\n`);
  process.kill(process.pid, 'SIGKILL');
  // Nothing of this process runs on while the signal is on its way.
  return new Promise<never>(() => undefined);
}
