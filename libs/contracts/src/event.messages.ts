import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { DroneName, FailureClass, ProfileName } from './work.messages.js';

/** What each event carries: an identity that survives repetition, and the instant it became true. */
const stamp = { id: z.uuid(), at: z.iso.datetime() };
const byId = ({ id }: { readonly id: string }): string => id;
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const jobStates = [
  'waiting',
  'needed',
  'delegated',
  'received',
  'published',
  'blocked',
  'quarantined',
  'superseded',
  'cancelled',
] as const;

export const RunStarted = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.scheduler.run-started',
  schema: z.object({ ...stamp, runId: z.uuid(), schedule: z.string(), profile: ProfileName }),
  dedupe: byId,
  meaning: 'STARTED: a schedule fired, or a person asked; written before any work (S1).',
});

export const PlanMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.scheduler.plan-moved',
  schema: z.object({
    ...stamp,
    planId: z.uuid(),
    profile: ProfileName,
    state: z.enum(['resolving', 'building', 'complete', 'failed', 'cancelled']),
    detail: z.string(),
  }),
  dedupe: byId,
  meaning: 'A plan changed its state.',
});

export const ProfilePushed = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.gateway.profile-pushed',
  schema: z.object({
    ...stamp,
    profile: ProfileName,
    number: z.int().positive(),
    digest: Sha256,
    author: z.string(),
    reason: z.string(),
  }),
  dedupe: byId,
  meaning: 'A profile has a new configuration; plans made from now on are made with it.',
});

export const JobMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.scheduler.job-moved',
  schema: z.object({
    ...stamp,
    jobId: z.uuid(),
    planId: z.uuid(),
    cpv: z.string(),
    from: z.enum(jobStates),
    to: z.enum(jobStates),
    attempt: z.int().nonnegative(),
    drone: DroneName.optional(),
    reason: z.string(),
  }),
  dedupe: byId,
  about: ({ jobId }) => jobId,
  meaning: 'A job changed its state; the reason says why.',
});

export const AttemptFailed = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.scheduler.attempt-failed',
  schema: z.object({
    ...stamp,
    jobId: z.uuid(),
    cpv: z.string(),
    attempt: z.int().positive(),
    drone: DroneName,
    class: FailureClass,
    summary: z.string(),
  }),
  dedupe: byId,
  meaning: 'An attempt failed, and how the failure was classified.',
});

export const ArtifactReceived = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.binhost.artifact-received',
  schema: z.object({ ...stamp, attemptId: z.uuid(), jobId: z.uuid(), cpv: z.string(), sha256: Sha256 }),
  dedupe: byId,
  meaning: 'An artifact was verified and is durably stored; it is not in the index yet.',
});

export const ArtifactPublished = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.binhost.artifact-published',
  schema: z.object({
    ...stamp,
    attemptId: z.uuid(),
    jobId: z.uuid(),
    profile: ProfileName,
    cpv: z.string(),
    sha256: Sha256,
    path: z.string(),
  }),
  dedupe: byId,
  meaning: 'An artifact is in the staging index: other drones can install it.',
});

export const ArtifactRefused = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.binhost.artifact-refused',
  schema: z.object({
    ...stamp,
    attemptId: z.uuid(),
    cpv: z.string(),
    drone: z.string(),
    reason: z.string(),
    message: z.string(),
  }),
  dedupe: byId,
  meaning: 'An upload was refused, and why. The index never saw it.',
});

export const ReleasePromoted = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.binhost.release-promoted',
  schema: z.object({
    ...stamp,
    profile: ProfileName,
    generation: z.int().positive(),
    planId: z.uuid(),
    packages: z.int().nonnegative(),
  }),
  dedupe: byId,
  meaning: 'A complete plan became a release that workstations see.',
});

export const DroneMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.health-monitor.drone-moved',
  schema: z.object({
    ...stamp,
    drone: DroneName,
    from: z.string(),
    to: z.string(),
    reason: z.string(),
  }),
  dedupe: byId,
  meaning: 'A drone changed its state (online, suspect, offline, draining, ...).',
});

export const ReclaimRequested = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.healer.reclaim-requested',
  schema: z.object({ ...stamp, drone: DroneName, attemptIds: z.array(z.uuid()).min(1), reason: z.string() }),
  dedupe: byId,
  meaning: 'Rung 1: the work of a lost drone must go back to needed; the scheduler does it, fenced.',
});

export const AlarmMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.health-monitor.alarm-moved',
  schema: z.object({
    ...stamp,
    /** Name of the check, as `swarm doctor` shows it. */
    check: z.string(),
    state: z.enum(['raised', 'ended']),
    /** What the check says now: while the alarm stands, the cause and the fix. */
    detail: z.string(),
    /** Since when the check was not ok. */
    since: z.iso.datetime(),
  }),
  dedupe: byId,
  about: ({ check }) => check,
  meaning: 'A check of the maintenance sweep became an alarm, or is one no more; told once each.',
});

export type RunStarted = Payload<typeof RunStarted>;
export type ProfilePushed = Payload<typeof ProfilePushed>;
export type PlanMoved = Payload<typeof PlanMoved>;
export type JobMoved = Payload<typeof JobMoved>;
export type AttemptFailed = Payload<typeof AttemptFailed>;
export type ArtifactReceived = Payload<typeof ArtifactReceived>;
export type ArtifactPublished = Payload<typeof ArtifactPublished>;
export type ArtifactRefused = Payload<typeof ArtifactRefused>;
export type ReleasePromoted = Payload<typeof ReleasePromoted>;
export type AlarmMoved = Payload<typeof AlarmMoved>;
export type DroneMoved = Payload<typeof DroneMoved>;
export type ReclaimRequested = Payload<typeof ReclaimRequested>;
