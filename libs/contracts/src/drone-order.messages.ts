import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { DroneName } from './work.messages.js';

const Instant = z.iso.datetime();
/** Who says so, and why: one line each. */
const Author = z.string().min(1).max(100);
const Reason = z.string().max(500);

/** What a person wants of a drone. */
export const DroneWish = z.discriminatedUnion('kind', [
  /** Null: until a person lifts it. */
  z.object({ kind: z.literal('ground'), forMs: z.int().positive().nullable() }),
  z.object({ kind: z.literal('unground') }),
  z.object({ kind: z.literal('drain') }),
  z.object({ kind: z.literal('resume') }),
  z.object({ kind: z.literal('retire') }),
]);
export type DroneWish = z.output<typeof DroneWish>;

/** A person orders a drone about. Asking twice changes nothing more. */
export const DroneOrderAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.drone-order',
  schema: z.object({
    requestId: z.uuid(),
    drone: DroneName,
    wish: DroneWish,
    author: Author,
    reason: Reason,
  }),
  dedupe: ({ requestId }) => `ask-drone-order:${requestId}`,
  meaning:
    'Ground, unground, drain, resume or retire a drone (core NATS request; the health monitor answers when it is stored).',
});
export type DroneOrderAsked = Payload<typeof DroneOrderAsked>;

export const DroneOrderAnswered = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.drone-order',
  schema: z.object({
    requestId: z.uuid(),
    outcome: z.enum(['done', 'unchanged', 'unknown', 'refused']),
    /** The state that the drone is in now; empty for an unknown one. */
    state: z.string(),
    /** Why it was not done, or what is so already; empty when it was done. */
    reason: z.string(),
  }),
  dedupe: ({ requestId }) => `answer-drone-order:${requestId}`,
  meaning: 'What became of an order about a drone.',
});
export type DroneOrderAnswered = Payload<typeof DroneOrderAnswered>;

export const DroneOrdered = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.health-monitor.drone-ordered',
  schema: z.object({
    id: z.uuid(),
    at: Instant,
    drone: DroneName,
    order: z.enum(['ground', 'unground', 'drain', 'resume', 'retire']),
    author: z.string(),
    reason: z.string(),
    /** Until when it is grounded; null for every other order, and where only a person ends it. */
    until: Instant.nullable(),
  }),
  dedupe: ({ id }) => id,
  meaning: 'A person grounded, ungrounded, drained, resumed or retired a drone; who, and why.',
});
export type DroneOrdered = Payload<typeof DroneOrdered>;

/** What a drone holds and should not: reclaimed and begun anew by another, cancelled, or never given to it (S3, Q24). */
export const WorkDisowned = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.health-monitor.work-disowned',
  schema: z.object({
    id: z.uuid(),
    at: Instant,
    drone: DroneName,
    attemptId: z.uuid(),
    /** Null where the ledger does not know the attempt. */
    jobId: z.uuid().nullable(),
    reason: z.string(),
  }),
  dedupe: ({ id }) => id,
  meaning: 'A drone works on what the ledger did not leave to it; it is told to stop.',
});
export type WorkDisowned = Payload<typeof WorkDisowned>;

/** Said again with each sweep until the drone holds it no more: core NATS may lose it. */
export const WorkStopped = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.stop.{drone}',
  schema: z.object({
    drone: DroneName,
    /** The start of the agent that said it holds the attempt; another one does not mean it. */
    incarnation: z.uuid(),
    attemptId: z.uuid(),
    reason: z.string(),
  }),
  dedupe: ({ drone, attemptId }) => `stop:${drone}:${attemptId}`,
  meaning: 'The drone must stop this attempt: the ledger did not leave it to it.',
});
export type WorkStopped = Payload<typeof WorkStopped>;
