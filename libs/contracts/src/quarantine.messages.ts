import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { ProfileName } from './work.messages.js';

/** Which packages: an exact CPV, `category/name` or a name. */
export const QuarantineAtom = z
  .string()
  .max(200)
  .regex(/^[\w+./-]+$/, 'give category/name-version, category/name or name');

/** Who wants it, and why: one line each. They stay in the history of every job that it moves. */
const by = { author: z.string().min(1).max(100), reason: z.string().max(500) };

/** A person puts packages into quarantine, or lets them out. Asking twice changes nothing more. */
export const QuarantineAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.quarantine',
  schema: z.object({
    requestId: z.uuid(),
    action: z.enum(['release', 'add']),
    profile: ProfileName,
    atom: QuarantineAtom,
    ...by,
  }),
  dedupe: ({ requestId }) => `ask-quarantine:${requestId}`,
  meaning: 'Release packages from quarantine, or put them there (core NATS request; the scheduler answers).',
});
export type QuarantineAsked = Payload<typeof QuarantineAsked>;

export const QuarantineAnswered = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.quarantine',
  schema: z.object({
    requestId: z.uuid(),
    /** The jobs that were moved, and what became of them. */
    moved: z.array(z.object({ jobId: z.uuid(), cpv: z.string(), state: z.string() })),
    /** Why nothing was moved; empty where something was. */
    reason: z.string(),
  }),
  dedupe: ({ requestId }) => `answer-quarantine:${requestId}`,
  meaning: 'Which jobs were moved, or why none.',
});
export type QuarantineAnswered = Payload<typeof QuarantineAnswered>;
