import { PassThrough } from 'node:stream';

import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@swarm/testing';

import { limitedBody } from './limited-body.js';

const LONG_MS = 60_000;

describe('S16: the body of an upload', () => {
  it('arrives whole, and no faster than it is taken', async () => {
    const request = new PassThrough({ highWaterMark: 4 });
    const limited = limitedBody(request, { idleMs: LONG_MS, totalMs: LONG_MS });
    expect(request.write('abcd')).toBe(false);
    const chunks = limited.body[Symbol.asyncIterator]();
    expect(Buffer.from((await chunks.next()).value as Uint8Array).toString()).toBe('abcd');
    request.end('ef');
    expect(Buffer.from((await chunks.next()).value as Uint8Array).toString()).toBe('ef');
    expect((await chunks.next()).done).toBe(true);
    limited.end();
    expect(limited.signal.aborted).toBe(false);
  });

  it('is ended when its sender is silent, but not while we are busy with a chunk', async () => {
    const request = new PassThrough();
    const limited = limitedBody(request, { idleMs: 20, totalMs: LONG_MS });
    const chunks = limited.body[Symbol.asyncIterator]();
    request.write('a');
    await chunks.next();
    // The time that passes here is the disk's.
    const busy = limitedBody(new PassThrough(), { idleMs: LONG_MS, totalMs: 100 });
    await waitFor(() => busy.signal.aborted);
    expect(limited.signal.aborted).toBe(false);
    void chunks.next();
    await waitFor(() => limited.signal.aborted);
    expect(limited.signal.reason).toMatchObject({ message: 'no byte arrived for 20 ms' });
    expect(busy.signal.reason).toMatchObject({ message: 'the upload took longer than 100 ms' });
  });
});
