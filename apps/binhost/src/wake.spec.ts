import { expect, it } from '@jest/globals';

import { Wake } from './wake.js';

const LONG_MS = 60_000;
const never = new AbortController().signal;

it('remembers a ring that nobody waited for, once', async () => {
  const wake = new Wake();
  wake.ring();
  wake.ring();
  await wake.wait(LONG_MS, never);
  let isOver = false;
  const second = wake.wait(LONG_MS, never).then(() => (isOver = true));
  await Promise.resolve();
  expect(isOver).toBe(false);
  wake.ring();
  await second;
});

it('ends the wait when told to stop, and does not begin one afterwards', async () => {
  const stop = new AbortController();
  const waiting = new Wake().wait(LONG_MS, stop.signal);
  stop.abort();
  await waiting;
  await new Wake().wait(LONG_MS, stop.signal);
});

it('ends the wait by itself after its time', async () => {
  await new Wake().wait(1, never);
});
