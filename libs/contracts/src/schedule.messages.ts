import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { ProfileName } from './work.messages.js';

const stamp = { id: z.uuid(), at: z.iso.datetime() };
const byId = ({ id }: { readonly id: string }): string => id;

export const overlapNames = ['skip', 'queue', 'replace'] as const;
export const catchUpNames = ['one', 'none', 'all'] as const;
export const runOutcomeNames = ['done', 'failed', 'cancelled', 'replaced', 'skipped', 'missed'] as const;

export const RunEnded = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.scheduler.run-ended',
  schema: z.object({
    ...stamp,
    runId: z.uuid(),
    schedule: z.string(),
    profile: ProfileName,
    outcome: z.enum(runOutcomeNames),
    /** One sentence: what became of it, and why. */
    line: z.string(),
    planId: z.uuid().nullable(),
  }),
  dedupe: byId,
  meaning: 'A run is over, or was skipped or missed; one line says what happened.',
});
export type RunEnded = Payload<typeof RunEnded>;

export const ScheduleMissed = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.scheduler.schedule-missed',
  schema: z.object({
    ...stamp,
    schedule: z.string(),
    profile: ProfileName,
    /** By the cron expression. */
    occurrence: z.iso.datetime(),
    /** With its jitter: when it should have fired. */
    due: z.iso.datetime(),
    /** Who noticed. */
    by: z.string(),
  }),
  dedupe: byId,
  meaning:
    'Alarm: a schedule should have fired and did not. Raised once for each occurrence, by the scheduler or, where that is down, by the health monitor (S1).',
});
export type ScheduleMissed = Payload<typeof ScheduleMissed>;

/** A schedule as a person writes it; the scheduler says what is wrong with it, by field. */
export const ScheduleWish = z.object({
  name: z.string().min(1).max(100),
  profile: ProfileName,
  /** Atoms and sets; empty means the profile's own targets, as they are when it fires. */
  targets: z.array(z.string().min(1).max(200)).max(1000),
  /** Five fields, or a name such as `@daily`. */
  cron: z.string().max(500),
  /** IANA name of the time zone. */
  zone: z.string().max(100),
  overlap: z.enum(overlapNames),
  catchUp: z.enum(catchUpNames),
  jitterMaxMs: z.int().nonnegative(),
});
export type ScheduleWish = z.output<typeof ScheduleWish>;

const named = { name: z.string().min(1).max(100) };

export const ScheduleAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.schedule',
  schema: z.object({
    requestId: z.uuid(),
    wish: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('add'), schedule: ScheduleWish }),
      z.object({ kind: z.literal('remove'), ...named }),
      z.object({ kind: z.literal('enable'), ...named }),
      z.object({ kind: z.literal('disable'), ...named }),
      z.object({
        kind: z.literal('pause'),
        ...named,
        forMs: z.int().positive(),
        author: z.string().min(1).max(500),
        reason: z.string().min(1).max(500),
      }),
      z.object({ kind: z.literal('resume'), ...named }),
      z.object({ kind: z.literal('run'), ...named }),
      /** Changes nothing: only a scheduler that leads answers. */
      z.object({ kind: z.literal('check') }),
    ]),
  }),
  dedupe: ({ requestId }) => `ask-schedule:${requestId}`,
  meaning: 'Change or run a schedule (core NATS request; the leading scheduler answers when it is stored).',
});
export type ScheduleAsked = Payload<typeof ScheduleAsked>;

export const ScheduleAnswered = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.schedule',
  schema: z.object({
    requestId: z.uuid(),
    outcome: z.enum(['done', 'unknown', 'refused']),
    /** The run that was asked for; null for everything else. */
    runId: z.uuid().nullable(),
    /** Why it was not done, naming the field where there is one; empty when it was. */
    reason: z.string(),
  }),
  dedupe: ({ requestId }) => `answer-schedule:${requestId}`,
  meaning: 'What became of a request about a schedule.',
});
export type ScheduleAnswered = Payload<typeof ScheduleAnswered>;
