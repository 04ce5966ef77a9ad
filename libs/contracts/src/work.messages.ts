import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';

/** The name of a drone; it is a subject token, a directory name and what people read. */
export const DroneName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a drone name has a-z, 0-9 and hyphens, at most 63 characters');

/** First parts of the binhost's own URLs, which a profile would hide. */
const RESERVED_PROFILES: readonly string[] = ['staging', 'upload', 'configuration', 'healthz', 'readyz'];

/** The name of a profile (a build target); it is part of binhost URLs. */
export const ProfileName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a profile name has a-z, 0-9 and hyphens, at most 63 characters')
  .refine((name) => !RESERVED_PROFILES.includes(name), 'this name is taken by a path of the binhost');

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Instant = z.iso.datetime();

/** A build made without Portage, after the times of a trace. Never mixed into a real profile. */
export const SyntheticBuild = z.object({
  durationMs: z.int().nonnegative(),
  fails: z.enum(['never', 'always', 'first-attempt']).default('never'),
  sizeBytes: z.int().nonnegative().default(1024),
});
export type SyntheticBuild = z.output<typeof SyntheticBuild>;

/** The Portage configuration that work is done with; drones fetch it once, and check its digest. */
export const ConfigurationRef = z.object({
  /** SHA-256 of the canonical text that the URL serves. */
  digest: Sha256,
  url: z.url(),
});
export type ConfigurationRef = z.output<typeof ConfigurationRef>;

/** Ask Portage on a drone what a profile needs. */
export const ResolveWork = z.object({
  kind: z.literal('resolve'),
  planId: z.uuid(),
  /** Atoms and sets, e.g. `@world`. */
  targets: z.array(z.string().min(1)).min(1),
});

/** Build one package from source. */
export const BuildWork = z.object({
  kind: z.literal('build'),
  jobId: z.uuid(),
  cpv: z.string().min(1),
  slot: z.string().min(1),
  /** Enabled flags out of the package's IUSE. */
  use: z.array(z.string()),
  repository: z.string().min(1),
  /** Exact packages that must be there before the build, dependencies first; all are in staging. */
  dependencies: z.array(
    z.object({
      cpv: z.string().min(1),
      sha256: Sha256,
      root: z.enum(['target', 'build']),
      /** Path in the staging index: two builds of one CPV may be there, and exactly this one is meant. */
      path: z.string().min(1).optional(),
    }),
  ),
  /** Binhost to install them from. */
  stagingUrl: z.url(),
  /** Where the artifact goes, once, with this token. */
  uploadUrl: z.url(),
  uploadToken: z.string().min(16),
  makeJobs: z.int().positive(),
  timeoutMs: z.int().positive(),
  silenceMs: z.int().positive(),
  synthetic: SyntheticBuild.optional(),
});
export type BuildWork = z.output<typeof BuildWork>;

export const WorkAssigned = defineMessage({
  carrier: 'BUILDS',
  subject: 'swarm.v1.build.{drone}',
  schema: z.object({
    drone: DroneName,
    /** The fencing token, with the job or plan: everything a drone says of this work names it. */
    attemptId: z.uuid(),
    attempt: z.int().positive(),
    profile: ProfileName,
    /** Absent for profiles without one: synthetic ones, and those that nothing was pushed to yet. */
    configuration: ConfigurationRef.optional(),
    work: z.discriminatedUnion('kind', [ResolveWork, BuildWork]),
  }),
  dedupe: ({ attemptId }) => `work:${attemptId}`,
  about: ({ attemptId }) => attemptId,
  meaning: 'The scheduler gives a drone one piece of work: a plan to resolve, or a package to build.',
});
export type WorkAssigned = Payload<typeof WorkAssigned>;

export const failureClasses = [
  'compile',
  'fetch',
  'disk-full',
  'out-of-memory',
  'killed',
  'dependency',
  'masked',
  'use-change',
  'slot-conflict',
  'circular',
  'upload',
  'timeout',
  'silence',
  'unknown',
] as const;
export const FailureClass = z.enum(failureClasses);
export type FailureClass = z.output<typeof FailureClass>;

/** What an attempt cost, measured on the drone. */
export const Measured = z.object({
  wallMs: z.int().nonnegative(),
  dependenciesMs: z.int().nonnegative(),
  buildMs: z.int().nonnegative(),
  uploadMs: z.int().nonnegative(),
});
export type Measured = z.output<typeof Measured>;

export const WorkOutcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started') }),
  /** The plan document of Portage's resolver, gzipped, base64; see docs/plan-format.md. */
  z.object({ kind: z.literal('resolved'), documentGzip: z.string().min(1).max(6_000_000) }),
  z.object({ kind: z.literal('built'), sha256: Sha256, sizeBytes: z.int().positive(), measured: Measured }),
  z.object({
    kind: z.literal('failed'),
    class: FailureClass,
    phase: z.string().optional(),
    summary: z.string().max(2000),
    logTail: z.string().max(20_000),
    measured: Measured,
  }),
  /** The drone cannot do this work, through nobody's fault (other profile, Portage missing, draining). */
  z.object({ kind: z.literal('refused'), reason: z.string().max(2000) }),
  /** The drone stops before the work is done and gives it back. */
  z.object({ kind: z.literal('returned'), reason: z.string().max(2000) }),
]);
export type WorkOutcome = z.output<typeof WorkOutcome>;

export const WorkReported = defineMessage({
  carrier: 'RESULTS',
  subject: 'swarm.v1.result.{drone}',
  schema: z.object({
    drone: DroneName,
    incarnation: z.uuid(),
    attemptId: z.uuid(),
    attempt: z.int().positive(),
    at: Instant,
    outcome: WorkOutcome,
  }),
  dedupe: ({ attemptId, incarnation, outcome }) => `result:${attemptId}:${incarnation}:${outcome.kind}`,
  meaning: 'A drone reports on one attempt. Believed only with the current attempt.',
});
export type WorkReported = Payload<typeof WorkReported>;

export const LogWritten = defineMessage({
  carrier: 'LOGS',
  subject: 'swarm.v1.log.{job}.{attempt}',
  schema: z.object({
    job: z.uuid(),
    attempt: z.string().regex(/^\d+$/),
    drone: DroneName,
    /** Bytes of the log before this chunk; chunks of an attempt join without gap or overlap. */
    offsetBytes: z.int().nonnegative(),
    text: z.string().max(262_144),
    /** True on the last chunk. */
    end: z.boolean(),
  }),
  dedupe: ({ job, attempt, drone, offsetBytes, end }) =>
    `log:${job}:${attempt}:${drone}:${offsetBytes}:${end}`,
  meaning: 'A chunk of a build log, as the drone writes it.',
});
export type LogWritten = Payload<typeof LogWritten>;
