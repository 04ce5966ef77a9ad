import { describe, expect, it } from '@jest/globals';

import { silentLogger } from './logger.js';
import { runStopPhases, type StopPhases } from './stop-phases.js';

const never = new AbortController().signal;
const run = (phases: StopPhases, hurry = never): Promise<boolean> =>
  runStopPhases(phases, silentLogger(), hurry, 5);

describe('stopping in phases', () => {
  it('drains only when everything has stopped taking, and lets go last', async () => {
    const order: string[] = [];
    const step = (name: string) => async () => {
      await Promise.resolve();
      order.push(name);
    };
    const isClean = await run({
      release: { pool: step('pool') },
      drain: { bus: step('bus') },
      stopTaking: { consumers: step('consumers'), relay: step('relay') },
    });
    expect(isClean).toBe(true);
    expect(order).toEqual(['consumers', 'relay', 'bus', 'pool']);
  });

  it('goes on to the next phase when a step throws, and says that it was not clean', async () => {
    const order: string[] = [];
    const isClean = await run({
      stopTaking: {
        broken: () => {
          throw new Error('boom');
        },
      },
      release: { pool: () => void order.push('pool') },
    });
    expect({ isClean, order }).toEqual({ isClean: false, order: ['pool'] });
  });

  it('does not wait for a step longer than its budget', async () => {
    const order: string[] = [];
    const isClean = await run({
      drain: { stuck: () => new Promise(() => undefined) },
      release: { pool: () => void order.push('pool') },
      budgetsMs: { drain: 5 },
    });
    expect({ isClean, order }).toEqual({ isClean: false, order: ['pool'] });
  });

  it('tells a step to hurry, and takes what it still does', async () => {
    const hurry = new AbortController();
    const stopped = run(
      {
        drain: {
          build: (limit) =>
            new Promise<void>((resolve) => {
              limit.addEventListener('abort', () => {
                resolve();
              });
              hurry.abort();
            }),
        },
      },
      hurry.signal,
    );
    expect(await stopped).toBe(true);
  });
});
