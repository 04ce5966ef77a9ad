import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { jobStates } from './event.messages.js';
import { ProfileName } from './work.messages.js';

const Instant = z.iso.datetime();
/** Longest atom, in characters; as a target of a plan. */
export const MAX_ATOM_LENGTH = 200;
/** Most packages that one question is answered for. */
export const MAX_WHY_ANSWERS = 200;

export const whyKinds = [
  'not-asked',
  'not-planned',
  'not-taken-up',
  'published',
  'building',
  'received',
  'waiting',
  'blocked',
  'quarantined',
  'paused',
  'delayed',
  'no-drone',
  'no-free-slot',
  'waits-for',
  'next',
  'superseded',
  'cancelled',
] as const;

/** Why one package is not being built, or how it stands (Q11). */
export const WhyAnswer = z.object({
  /** What was asked for, where no plan has it. */
  cpv: z.string(),
  profile: ProfileName.nullable(),
  /** The plan that it is in; null where it is in none. */
  plan: z.uuid().nullable(),
  /** Of its job; null where it has none. */
  state: z.enum(jobStates).nullable(),
  kind: z.enum(whyKinds),
  /** One sentence, as it follows the name of the package. */
  sentence: z.string().min(1),
  /** What would change it; empty for what is published. */
  unblocks: z.string(),
  since: Instant.nullable(),
  /** When it can be expected to be published; eight in ten such times lie between the two. */
  eta: z.object({ at: Instant, earliest: Instant, latest: Instant }).nullable(),
  /** Why there is no ETA; empty where there is one. */
  noEta: z.string(),
});
export type WhyAnswer = z.output<typeof WhyAnswer>;

export const WhyAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.why',
  schema: z.object({
    requestId: z.uuid(),
    /** Left out: every profile. */
    profile: ProfileName.optional(),
    atom: z.string().min(1).max(MAX_ATOM_LENGTH),
  }),
  dedupe: ({ requestId }) => `ask-why:${requestId}`,
  meaning: 'Why is this package not built (core NATS request; the leading scheduler answers from its board).',
});
export type WhyAsked = Payload<typeof WhyAsked>;

export const WhyAnswered = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.why',
  schema: z.object({
    requestId: z.uuid(),
    /** Those of open plans first, then the newest plan first. */
    answers: z.array(WhyAnswer).max(MAX_WHY_ANSWERS),
    /** Packages that are meant as well, beyond the most that are answered for. */
    leftOut: z.int().nonnegative(),
    /** What is wrong with the question; empty where it was answered. */
    mistake: z.string(),
  }),
  dedupe: ({ requestId }) => `answer-why:${requestId}`,
  meaning:
    'For each package that was meant: why it is not built, what would change that, and when to expect it.',
});
export type WhyAnswered = Payload<typeof WhyAnswered>;
