import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { backoffMs, retry, withTimeLimit } from './retry.js';

const policy = { attempts: 4, firstDelayMs: 1, maxDelayMs: 4 };

describe('backoffMs', () => {
  it('grows, and keeps to its limits', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), chance, (attempt, dice) => {
        const pause = backoffMs({ attempts: 1, firstDelayMs: 100, maxDelayMs: 5_000 }, attempt, dice);
        const whole = Math.min(5_000, 100 * 2 ** (attempt - 1));
        expect(pause).toBeGreaterThanOrEqual(Math.floor(whole / 2));
        expect(pause).toBeLessThanOrEqual(whole);
      }),
    );
  });
});

describe('retry', () => {
  it('gives what the first good try gave, and tells of the bad ones', async () => {
    const failures: number[] = [];
    const operation = async (attempt: number): Promise<string> => {
      if (attempt < 3) throw new Error('not yet');
      return `try ${attempt}`;
    };
    await expect(
      retry(operation, { ...policy, onFailure: ({ attempt }) => failures.push(attempt) }),
    ).resolves.toBe('try 3');
    expect(failures).toEqual([1, 2]);
  });

  it('gives up after its tries, with the last error', async () => {
    let tries = 0;
    const operation = (): Promise<never> => Promise.reject(new Error(`try ${++tries}`));
    await expect(retry(operation, policy)).rejects.toThrow('try 4');
  });

  it('does not repeat what cannot be mended', async () => {
    let tries = 0;
    const operation = (): Promise<never> => Promise.reject(new Error(`try ${++tries}`));
    await expect(retry(operation, { ...policy, isTransient: () => false })).rejects.toThrow('try 1');
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const endless = {
      ...policy,
      attempts: Number.POSITIVE_INFINITY,
      firstDelayMs: 60_000,
      maxDelayMs: 60_000,
    };
    const operation = (): Promise<never> => {
      queueMicrotask(() => {
        stop.abort();
      });
      return Promise.reject(new Error('no'));
    };
    await expect(retry(operation, { ...endless, signal: stop.signal })).rejects.toThrow('aborted');
  });
});

describe('withTimeLimit', () => {
  it('names what was late', async () => {
    await expect(withTimeLimit(new Promise(() => undefined), 5, 'the database')).rejects.toThrow(
      'the database took longer than 5 ms',
    );
    await expect(withTimeLimit(Promise.resolve(1), 5, 'x')).resolves.toBe(1);
  });
});
