import { z } from 'zod';

import { defineEndpoint, type Endpoint } from './endpoint.js';
import { MAX_ATOM_LENGTH, WhyAnswer } from './why.messages.js';
import { ProfileName } from './work.messages.js';

/** The route that answers why something is not built. */
export const whyApi = {
  why: defineEndpoint({
    method: 'GET',
    path: '/why',
    summary: 'Why a package is not built, what would change that, and when it can be expected.',
    query: z.strictObject({
      /** An atom, a CPV, or a name without its category. */
      atom: z
        .string('give an atom, e.g. dev-libs/icu')
        .min(1, 'give an atom, e.g. dev-libs/icu')
        .max(MAX_ATOM_LENGTH),
      /** Left out: every profile. */
      profile: ProfileName.optional(),
    }),
    response: z.object({ answers: z.array(WhyAnswer), leftOut: z.int().nonnegative() }),
  }),
} as const satisfies Record<string, Endpoint>;
