import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ResumePoint } from './resume-point.js';

describe('ResumePoint', () => {
  it('goes on at the oldest message that is not settled', () => {
    const point = new ResumePoint(1);
    for (const sequence of [1, 2, 3]) point.delivered(sequence);
    point.settled(1);
    point.settled(3);
    expect(point.next).toBe(2);
    point.settled(2);
    expect(point.next).toBe(4);
  });

  it('never passes a message that is not settled, in whatever order they end', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 1 }),
        fc.infiniteStream(fc.boolean()),
        (sequences, ends) => {
          const point = new ResumePoint(1);
          const open = sequences.filter((sequence) => {
            point.delivered(sequence);
            if (!ends.next().value) return true;
            point.settled(sequence);
            return false;
          });
          expect(point.next).toBe(open.length > 0 ? Math.min(...open) : Math.max(...sequences) + 1);
        },
      ),
    );
  });
});
