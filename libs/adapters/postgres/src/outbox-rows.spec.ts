import { describe, expect, it } from '@jest/globals';
import { MAX_BATCH_BYTES, MAX_BATCH_MESSAGES } from '@swarm/contracts';
import fc from 'fast-check';

import { batchesOf, byLane, sendableOf, type Sendable } from './outbox-rows.js';

const base = sendableOf(
  {
    sequence: 1n,
    id: 'row',
    message: 'JobMoved',
    payload: {
      ...{ id: '7f3c1c1e-6f0a-4c1b-9a59-0d6c2f0a1b11', at: '2026-01-01T00:00:00.000Z' },
      ...{ jobId: '7f3c1c1e-6f0a-4c1b-9a59-0d6c2f0a1b12', planId: '7f3c1c1e-6f0a-4c1b-9a59-0d6c2f0a1b13' },
      ...{ cpv: 'a/b-1', from: 'waiting', to: 'needed', attempt: 0, reason: '' },
    },
  },
  10_000,
);
if (!base.ok) throw new Error(base.error);
const { value: row } = base;

/** Rows of some sizes, in three lanes. */
const rows = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.nat(2_000) }, fc.nat(2 * MAX_BATCH_BYTES)), { maxLength: 1_200 })
  .map((sizes) =>
    sizes.map((size, i): Sendable => {
      // Only its length matters, and thousands of large ones would not fit.
      const body: Pick<Uint8Array, 'length'> = { length: size };
      return { ...row, messageId: String(i), lane: `lane ${i % 3}`, body: body as Uint8Array };
    }),
  );

const sizeOf = (batch: readonly Sendable[]): number => batch.reduce((sum, { body }) => sum + body.length, 0);

describe('batches of outbox rows', () => {
  it('hold every row once, in order, within the limits of the bus, and no fewer than must be', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const batches = batchesOf(given);
        expect(batches.flat()).toEqual(given);
        for (const [i, batch] of batches.entries()) {
          expect(batch.length).toBeLessThanOrEqual(MAX_BATCH_MESSAGES);
          if (batch.length > 1) expect(sizeOf(batch)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
          const next = batches[i + 1]?.[0];
          if (!next || batch.length === MAX_BATCH_MESSAGES) continue;
          expect(sizeOf([...batch, next])).toBeGreaterThan(MAX_BATCH_BYTES);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are taken apart into lanes that keep their order', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const lanes = [...byLane(given).values()];
        expect(lanes.flat()).toHaveLength(given.length);
        for (const lane of lanes) {
          const places = lane.map(({ messageId }) => Number(messageId));
          expect(places).toEqual(places.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 20 },
    );
  });
});
