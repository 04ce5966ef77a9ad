import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { DroneName, ProfileName } from './work.messages.js';

/** What a drone says of itself when it starts. */
export const DroneEnrolling = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.enrol.{drone}',
  schema: z.object({
    drone: DroneName,
    incarnation: z.uuid(),
    /** HMAC-SHA256 of `<drone>:<incarnation>` under the enrolment key, in hex: the key itself never travels. */
    proof: z.string().regex(/^[0-9a-f]{64}$/),
    profile: ProfileName,
    executor: z.enum(['portage', 'synthetic']),
    slots: z.int().positive(),
    cores: z.int().positive(),
    memoryBytes: z.int().positive(),
    portageVersion: z.string(),
  }),
  dedupe: ({ drone, incarnation }) => `enrol:${drone}:${incarnation}`,
  meaning: 'A drone that starts asks to be let in (core NATS request; the health monitor answers).',
});
export type DroneEnrolling = Payload<typeof DroneEnrolling>;

export const DroneEnrolled = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.enrolled.{drone}',
  schema: z.object({
    drone: DroneName,
    accepted: z.boolean(),
    reason: z.string(),
    heartbeatMs: z.int().positive(),
  }),
  dedupe: ({ drone }) => `enrolled:${drone}`,
  meaning: 'The answer to a drone that enrols.',
});
export type DroneEnrolled = Payload<typeof DroneEnrolled>;

export const DroneHeartbeat = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.heartbeat.{drone}',
  schema: z.object({
    drone: DroneName,
    incarnation: z.uuid(),
    sequence: z.int().nonnegative(),
    at: z.iso.datetime(),
    /** The attempts it holds, whatever the phase: what is not named here is not being worked on. */
    attempts: z.array(z.object({ attemptId: z.uuid(), phase: z.string(), sinceMs: z.int().nonnegative() })),
    draining: z.boolean(),
    load1: z.number().nonnegative(),
    freeDiskBytes: z.int().nonnegative(),
    freeMemoryBytes: z.int().nonnegative(),
  }),
  dedupe: ({ drone, incarnation, sequence }) => `heartbeat:${drone}:${incarnation}:${sequence}`,
  meaning: 'A drone is alive, and holds these attempts.',
});
export type DroneHeartbeat = Payload<typeof DroneHeartbeat>;
