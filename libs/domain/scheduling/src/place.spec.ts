import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { place } from './place.js';
import { anyRush, exhaustivePlace } from './place.arbitrary.js';
import { asked } from './why.arbitrary.js';

describe('a round', () => {
  it('decides what comparing every job with every drone decides (Q12)', () => {
    fc.assert(
      fc.property(anyRush, (view) => {
        expect(place(view, asked)).toEqual(exhaustivePlace(view, asked));
      }),
      { numRuns: 2_000 },
    );
  });
});
