import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { ProfileName } from './work.messages.js';

/** A person, or a script, wants something built. Asking twice with the same id makes one plan. */
export const PlanAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.plan',
  schema: z.object({
    requestId: z.uuid(),
    profile: ProfileName,
    /** Atoms and sets; empty means the profile's own targets. */
    targets: z.array(z.string().min(1).max(200)).max(1000),
    origin: z.string().min(1).max(100),
  }),
  dedupe: ({ requestId }) => `ask-plan:${requestId}`,
  meaning: 'Make a plan (core NATS request; the scheduler answers once it is in the ledger).',
});
export type PlanAsked = Payload<typeof PlanAsked>;

export const PlanAnswered = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.plan',
  schema: z.object({
    requestId: z.uuid(),
    planId: z.uuid().nullable(),
    /** Why there is no plan; empty when there is one. */
    reason: z.string(),
  }),
  dedupe: ({ requestId }) => `answer-plan:${requestId}`,
  meaning: 'The plan that was made, or why there is none.',
});
export type PlanAnswered = Payload<typeof PlanAnswered>;
