import { z } from 'zod';

import { defineEndpoint, type Endpoint } from './endpoint.js';
import { PauseFact } from './pause.messages.js';
import { ProfileName } from './work.messages.js';

/** A pause that stands. */
export const PauseView = PauseFact.extend({
  /** One line for people: what is paused, by whom, until when, and why. */
  line: z.string(),
  /** The command that ends it. */
  resume: z.string(),
});
export type PauseView = z.output<typeof PauseView>;

/** Both left out: the whole swarm. */
const scope = {
  profile: ProfileName.optional(),
  plan: z.uuid('a plan id is a UUID, as /plans shows it').optional(),
};
const author = z.string().min(1).max(100).default('operator');

/** Every route about pauses. */
export const pauseApi = {
  pauses: defineEndpoint({
    method: 'GET',
    path: '/pauses',
    summary: 'Pauses that stand now, the widest first: who lets what rest, until when, and why.',
    response: z.object({ pauses: z.array(PauseView) }),
  }),
  beginPause: defineEndpoint({
    method: 'POST',
    path: '/pauses',
    summary:
      'Hands out nothing of the swarm, a profile or a plan for a while (4 hours by default). What is in hand goes on.',
    body: z.strictObject({
      ...scope,
      forMs: z.int().positive().optional(),
      author,
      reason: z.string().min(1, 'say why').max(500),
    }),
    response: PauseView,
    status: 201,
  }),
  endPause: defineEndpoint({
    method: 'POST',
    path: '/pauses/resume',
    summary:
      'Ends the pause of exactly the swarm, a profile or a plan; where there is none, nothing changes.',
    body: z.strictObject({ ...scope, author }),
    response: z.object({
      /** Null where nothing of that scope was paused. */
      ended: PauseFact.nullable(),
      /** Pauses that stand still, the widest first. */
      standing: z.array(PauseView),
    }),
  }),
} as const satisfies Record<string, Endpoint>;
