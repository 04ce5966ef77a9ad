import { z } from 'zod';

import { Pressure, UploadPathState } from './drone.messages.js';
import { jobStates } from './event.messages.js';
import { AlarmView, RebootRequestView } from './healing.api.js';
import { PauseView } from './pause.api.js';
import { DroneName, ProfileName } from './work.messages.js';

const Instant = z.iso.datetime();
const Count = z.int().nonnegative();
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** How every failure of the API looks. */
export const ApiFailure = z.object({
  error: z.object({
    code: z.enum(['bad-input', 'unauthorized', 'not-found', 'conflict', 'unavailable', 'internal']),
    /** What is wrong, naming the field where there is one. */
    message: z.string(),
    /** What to do about it. */
    hint: z.string().optional(),
  }),
});
export type ApiFailure = z.output<typeof ApiFailure>;

export const JobStateName = z.enum(jobStates);
export type JobStateName = z.output<typeof JobStateName>;
export const planStates = ['resolving', 'building', 'complete', 'failed', 'cancelled'] as const;
export const PlanStateName = z.enum(planStates);
export type PlanStateName = z.output<typeof PlanStateName>;
export const droneStates = [
  'online',
  'suspect',
  'offline',
  'grounded',
  'probation',
  'draining',
  'retired',
] as const;
export const DroneStateName = z.enum(droneStates);
export type DroneStateName = z.output<typeof DroneStateName>;
export const ProfileKind = z.enum(['portage', 'synthetic']);
export type ProfileKind = z.output<typeof ProfileKind>;

/** Jobs by state. Every job is in exactly one of them; `total` is their sum. */
export const JobCounts = z.object({ total: Count, ...countsOf(jobStates) });
export type JobCounts = z.output<typeof JobCounts>;

/** Which version of its profile something was made with. */
export const VersionRef = z.object({ digest: Sha256, number: z.int().positive() });
export type VersionRef = z.output<typeof VersionRef>;

export const PlanSummary = z.object({
  id: z.uuid(),
  profile: ProfileName,
  synthetic: z.boolean(),
  targets: z.array(z.string()),
  /** What it is made with; null where nothing was pushed to the profile. */
  configuration: VersionRef.nullable(),
  origin: z.string(),
  state: PlanStateName,
  /** One line: why it is in this state. */
  detail: z.string(),
  createdAt: Instant,
  endedAt: Instant.nullable(),
});
export type PlanSummary = z.output<typeof PlanSummary>;

/** The numbers of one plan: honest ones. */
export const PlanNumbers = z.object({
  jobs: JobCounts,
  /** Packages of the plan that needed no build. */
  alreadyBuilt: Count,
  /** Jobs that were ever attempted, and quarantined ones whatever their attempts. */
  attempted: Count,
  /** published ÷ attempted, 0..1; null before the first attempt. */
  successRate: z.number().min(0).max(1).nullable(),
});
export type PlanNumbers = z.output<typeof PlanNumbers>;

export const JobSummary = z.object({
  id: z.uuid(),
  planId: z.uuid(),
  profile: z.string(),
  synthetic: z.boolean(),
  cpv: z.string(),
  slot: z.string(),
  use: z.array(z.string()),
  /** Why it is built at all; empty where there is nothing to say. */
  why: z.string(),
  /** True for the first, reduced build of a package that a cycle needs; its full build follows. */
  bootstrap: z.boolean(),
  state: JobStateName,
  /** Why it is not built yet, or will not be; empty where there is nothing to say. */
  reason: z.string(),
  attempt: Count,
  failures: Count,
  reclaims: Count,
  /** Who has it now; null unless it is delegated. */
  drone: z.string().nullable(),
  /** When the current attempt was handed out; null unless it is delegated. */
  since: Instant.nullable(),
});
export type JobSummary = z.output<typeof JobSummary>;

export const AttemptView = z.object({
  id: z.uuid(),
  number: z.int().positive(),
  drone: z.string(),
  state: z.string(),
  offeredAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  failureClass: z.string().nullable(),
  summary: z.string().nullable(),
  wallMs: Count.nullable(),
});
export type AttemptView = z.output<typeof AttemptView>;

export const JobDetail = JobSummary.extend({
  attempts: z.array(AttemptView),
  history: z.array(z.object({ at: Instant, state: JobStateName, attempt: Count, reason: z.string() })),
});
export type JobDetail = z.output<typeof JobDetail>;

export const Release = z.object({
  profile: ProfileName,
  synthetic: z.boolean(),
  generation: z.int().positive(),
  state: z.enum(['preparing', 'current', 'past']),
  packages: Count,
  planId: z.uuid(),
  createdAt: Instant,
  /** What goes into PORTAGE_BINHOST. */
  url: z.string(),
});
export type Release = z.output<typeof Release>;

/** What a person wants of a drone. */
export const OrderView = z.object({ by: z.string(), reason: z.string(), since: Instant });
export type OrderView = z.output<typeof OrderView>;

const SignDetailsView = z.object({
  /** Percent of the last ten seconds in which something had to wait; null where the kernel does not tell it. */
  pressure: Pressure.nullable(),
  /** The drone's clock less the monitor's, in milliseconds. */
  clockOffsetMs: z.number(),
  agentVersion: z.string(),
  portageVersion: z.string(),
  /** How its latest upload ended, as the drone saw it. */
  uploadPath: UploadPathState,
  /** Digest of what decides a binary's ABI on it; null until it has looked. */
  fingerprint: z.string().nullable(),
  /** Why it says that it drains; empty where it does not. */
  drainReason: z.string(),
});

export const DroneView = z.object({
  name: DroneName,
  state: DroneStateName,
  reason: z.string(),
  profile: z.string(),
  executor: ProfileKind,
  synthetic: z.boolean(),
  slots: Count,
  cores: Count,
  memoryBytes: Count,
  portageVersion: z.string(),
  enrolledAt: Instant,
  lastSignAt: Instant,
  silentMs: Count,
  load1: z.number().nonnegative(),
  freeDiskBytes: Count,
  freeMemoryBytes: Count,
  /** Failures in a row that count against it. */
  strikes: Count.default(0),
  /** Until when it gets no work for them; null where it is not grounded, or a person must lift it. */
  groundedUntil: Instant.nullable().default(null),
  /** Bad: its latest upload failed, and none has come through since (S22). */
  uploadPath: z.enum(['good', 'bad']).default('good'),
  /** A person's drain: no more work until a person resumes it; null where there is none. */
  drained: OrderView.nullable().default(null),
  /** Who grounded it by hand; null where failures did, or nobody. */
  groundedBy: OrderView.nullable().default(null),
  /** What its latest sign tells beside life; null until one with it came. */
  details: SignDetailsView.nullable().default(null),
  /** What it says it has in hand. */
  working: z.array(
    z.object({
      attemptId: z.uuid(),
      jobId: z.uuid().nullable(),
      /** The CPV, or `resolving a plan`, or `unknown` for what the ledger gave to nobody. */
      what: z.string(),
      phase: z.string(),
      sinceMs: Count,
    }),
  ),
});
export type DroneView = z.output<typeof DroneView>;

export const ProfileView = z.object({
  name: ProfileName,
  kind: ProfileKind,
  synthetic: z.boolean(),
  targets: z.array(z.string()),
  createdAt: Instant,
});
export type ProfileView = z.output<typeof ProfileView>;

export const EventView = z.object({
  /** Place in the ledger; what `after` and `Last-Event-ID` name. */
  sequence: Count,
  id: z.string(),
  at: Instant,
  message: z.string(),
  /** One line for people. */
  line: z.string(),
  payload: z.unknown(),
});
export type EventView = z.output<typeof EventView>;

/** Something about a plan that a person may have to settle. */
export const FindingView = z.object({
  /** The same finding of the next plan has the same id. */
  id: z.string().default(''),
  kind: z.string(),
  /** One sentence: what, and which packages. */
  text: z.string(),
  /** CPVs that are not planned, or not as they were wanted, because of it. */
  packages: z.array(z.string()).default([]),
  /** Who asks for what cannot be had; `cpv` is empty for what was asked for directly. */
  parents: z.array(z.object({ cpv: z.string(), atom: z.string() })).default([]),
  /** Lines for files below etc/portage; any one of them would settle it. */
  remedies: z.array(z.object({ file: z.string(), line: z.string() })).default([]),
});
export type FindingView = z.output<typeof FindingView>;

export const PlanDetail = z.object({
  plan: PlanSummary,
  numbers: PlanNumbers,
  findings: z.array(FindingView),
  jobs: z.array(JobSummary),
  release: Release.nullable(),
});
export type PlanDetail = z.output<typeof PlanDetail>;

export const ProfileStatus = z.object({
  profile: ProfileName,
  kind: ProfileKind,
  synthetic: z.boolean(),
  plan: PlanSummary.nullable(),
  numbers: PlanNumbers,
  /** Quarantined and blocked jobs of the latest plan, with their reasons; at most 50. */
  stuck: z.array(JobSummary),
  release: Release.nullable(),
});
export type ProfileStatus = z.output<typeof ProfileStatus>;

export const Status = z.object({
  at: Instant,
  /** What is being kept from drones now, by whom, until when and why: shown before all else (S19). */
  pauses: z.array(PauseView).default([]),
  /** Reboots that wait for the word of a person. */
  rebootRequests: z.array(RebootRequestView).default([]),
  /** Drones for which a person was called and that are not well yet, the latest call first (S30). */
  alarms: z.array(AlarmView).default([]),
  /** The next thing to do, in one sentence. */
  next: z.string(),
  /** True when any profile is synthetic. */
  synthetic: z.boolean(),
  profiles: z.array(ProfileStatus),
  drones: z.object({ total: Count, ...countsOf(droneStates), slots: Count, working: Count }),
  /** Sequence of the newest event; where to begin to listen. */
  lastEvent: Count,
});
export type Status = z.output<typeof Status>;

function countsOf<const Name extends string>(names: readonly Name[]): Record<Name, typeof Count> {
  return Object.fromEntries(names.map((name) => [name, Count])) as Record<Name, typeof Count>;
}
