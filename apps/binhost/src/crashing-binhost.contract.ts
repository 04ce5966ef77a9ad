// A binhost, run as a process by crash.integration.spec.ts, that dies by SIGKILL
// right after the call that CRASH_AFTER names, e.g. `artifacts.receive`, before anybody hears of its result.
import { createLogger, runMain } from '@swarm/platform';

import { readBinhostConfig } from './config.js';
import { startBinhost, type Stores } from './start-binhost.js';

function dyingAfter(point: string): (stores: Stores) => Stores {
  const [part, method] = point.split('.');
  const around = <T extends object>(name: string, target: T): T =>
    new Proxy(target, {
      get(on, key) {
        const value: unknown = Reflect.get(on, key, on);
        if (typeof value !== 'function') return value;
        const call = value.bind(on) as (...given: unknown[]) => unknown;
        if (name !== part || key !== method) return call;
        return async (...given: unknown[]) => {
          await call(...given);
          process.kill(process.pid, 'SIGKILL');
          await new Promise<never>(() => undefined);
        };
      },
    });
  return ({ artifacts, generations, store }) => ({
    artifacts: around('artifacts', artifacts),
    generations: around('generations', generations),
    store: around('store', store),
  });
}

const logger = createLogger({ service: 'binhost' });
await runMain(logger, () =>
  startBinhost(readBinhostConfig(process.env), {
    logger,
    around: dyingAfter(process.env['CRASH_AFTER'] ?? ''),
  }),
);
