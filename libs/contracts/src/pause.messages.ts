import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { ProfileName } from './work.messages.js';

const Instant = z.iso.datetime();
/** Who says so, and why: one line each. */
const Author = z.string().min(1).max(100);
const Reason = z.string().min(1, 'say why').max(500);

/** What a pause keeps from being handed out. */
export const PauseScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('swarm') }),
  z.object({ kind: z.literal('profile'), profile: ProfileName }),
  z.object({ kind: z.literal('plan'), plan: z.uuid() }),
]);
export type PauseScope = z.output<typeof PauseScope>;

/** A pause as it is on record. */
export const PauseFact = z.object({
  id: z.uuid(),
  scope: PauseScope,
  author: z.string(),
  reason: z.string(),
  since: Instant,
  until: Instant,
});
export type PauseFact = z.output<typeof PauseFact>;

/** A person lets the swarm rest, or ends that. Asking twice changes nothing more. */
export const PauseAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.pause',
  schema: z.object({
    /** The id of the pause that begins. */
    requestId: z.uuid(),
    scope: PauseScope,
    wish: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('pause'), forMs: z.int().positive(), author: Author, reason: Reason }),
      z.object({ kind: z.literal('resume'), author: Author }),
    ]),
  }),
  dedupe: ({ requestId }) => `ask-pause:${requestId}`,
  meaning:
    'Hand out nothing of the swarm, a profile or a plan for a while, or again (core NATS request; the leading scheduler answers when it is stored).',
});
export type PauseAsked = Payload<typeof PauseAsked>;

export const PauseAnswered = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.pause',
  schema: z.object({
    requestId: z.uuid(),
    outcome: z.enum(['done', 'unknown', 'refused']),
    /** The one that began, or that ended; null where there was none to end. */
    pause: PauseFact.nullable(),
    /** Why it was not done, naming the field; empty when it was. */
    reason: z.string(),
  }),
  dedupe: ({ requestId }) => `answer-pause:${requestId}`,
  meaning: 'What became of a request for a pause, or for the end of one.',
});
export type PauseAnswered = Payload<typeof PauseAnswered>;

export const PauseMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.scheduler.pause-moved',
  schema: z.object({
    id: z.uuid(),
    at: Instant,
    pause: PauseFact,
    /** `over` at its time, `resumed` by a person, `replaced` by another one of the same scope. */
    state: z.enum(['begun', 'over', 'resumed', 'replaced']),
    /** Who did that; null where time did. */
    by: z.string().nullable(),
  }),
  dedupe: ({ id }) => id,
  meaning: 'A pause began or ended: nothing of its scope is handed out, or it is again (S19).',
});
export type PauseMoved = Payload<typeof PauseMoved>;
