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

/** `some avg10` of /proc/pressure, in percent. */
export const Pressure = z.object({
  cpu: z.number().nonnegative(),
  memory: z.number().nonnegative(),
  io: z.number().nonnegative(),
});
export const UploadPathState = z.enum(['good', 'bad', 'unknown']);

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
    /** Null where the kernel does not tell it. */
    pressure: Pressure.nullable().default(null),
    agentVersion: z.string().max(64).default(''),
    portageVersion: z.string().max(64).default(''),
    /** How its latest upload ended, as the drone saw it. */
    uploadPath: UploadPathState.default('unknown'),
    /** Digest of what decides a binary's ABI on it; null until it has looked. */
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable()
      .default(null),
    /** Why it drains, for people; empty where it does not. */
    drainReason: z.string().max(500).default(''),
  }),
  dedupe: ({ drone, incarnation, sequence }) => `heartbeat:${drone}:${incarnation}:${sequence}`,
  meaning: 'A drone is alive, and holds these attempts.',
});
export type DroneHeartbeat = Payload<typeof DroneHeartbeat>;
