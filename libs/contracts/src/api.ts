import { z } from 'zod';

import {
  DroneView,
  EventView,
  JobDetail,
  JobStateName,
  JobSummary,
  PlanDetail,
  PlanSummary,
  ProfileKind,
  ProfileView,
  Release,
  Status,
} from './api.model.js';
import { doctorApi } from './doctor.api.js';
import { auditApi } from './audit.api.js';
import { droneApi } from './drone.api.js';
import { defineEndpoint, type Endpoint } from './endpoint.js';
import { healingApi } from './healing.api.js';
import { pauseApi } from './pause.api.js';
import { quarantineApi } from './quarantine.api.js';
import { ProfileDiff, ProfileVersionSummary, ProfileVersionView, PushedVersion } from './profile.model.js';
import { scheduleApi } from './schedule.api.js';
import { whyApi } from './why.api.js';
import { ProfileName } from './work.messages.js';

/** Where the API lives. */
export const API_BASE = '/api/v1';
/** Longest list that one answer holds. */
export const MAX_LIST = 1000;
/** Most targets of one plan, and the longest of them in characters; as in PlanAsked. */
const MAX_TARGETS = 1000;
const MAX_TARGET_LENGTH = 200;

const Limit = z.coerce.number().int().min(1).max(MAX_LIST);
const ById = z.strictObject({ id: z.uuid('an id is a UUID, as lists show it') });
const Targets = z
  .array(
    z
      .string()
      .max(MAX_TARGET_LENGTH)
      .regex(/^[@A-Za-z0-9_<>=~!][\w@<>=~!*+./:,[\]()?-]*$/, 'a target is an atom or a set, e.g. @world'),
  )
  .max(MAX_TARGETS);

/** Largest push, in bytes: all that a configuration may hold, in UTF-8 and escaped. */
const MAX_PUSH_BYTES = 16 * 1024 * 1024;

const OfProfile = z.strictObject({ name: ProfileName });
/** Says which version: as lists show it. */
const VersionName = z
  .string()
  .regex(
    /^(?:current|[1-9][0-9]{0,8}|[0-9a-f]{10,64})$/,
    'a version is its number, its digest (10 digits of it do) or "current"',
  );
/** Who changes a profile, and why; one line each. */
const by = { author: z.string().default('operator'), reason: z.string().default('') };

/** Every route that answers with JSON: server, clients and `/api/docs` are made from this table. */
export const api = {
  status: defineEndpoint({
    method: 'GET',
    path: '/status',
    summary:
      'Honest numbers of every profile and its latest plan, drones, releases, and the next thing to do.',
    response: Status,
  }),
  plans: defineEndpoint({
    method: 'GET',
    path: '/plans',
    summary: 'Plans, newest first.',
    query: z.strictObject({ profile: ProfileName.optional(), limit: Limit.default(20) }),
    response: z.object({ plans: z.array(PlanSummary) }),
  }),
  plan: defineEndpoint({
    method: 'GET',
    path: '/plans/:id',
    summary: 'One plan with its findings and jobs.',
    params: ById,
    response: PlanDetail,
  }),
  askPlan: defineEndpoint({
    method: 'POST',
    path: '/plans',
    summary: 'Asks the scheduler for a plan. The same requestId twice makes one plan.',
    body: z.strictObject({
      /** May be left out where there is only one profile. */
      profile: ProfileName.optional(),
      /** Left out or empty: the profile's own targets. */
      targets: Targets.default([]),
      requestId: z.uuid().optional(),
      origin: z.string().min(1).max(100).default('operator'),
    }),
    response: z.object({ requestId: z.uuid(), planId: z.uuid() }),
    status: 201,
  }),
  jobs: defineEndpoint({
    method: 'GET',
    path: '/jobs',
    summary: 'Jobs of one plan; without `plan`, those of the latest plan of each profile.',
    query: z.strictObject({
      plan: z.uuid('a plan id is a UUID, as /plans shows it').optional(),
      state: JobStateName.optional(),
      limit: Limit.default(MAX_LIST),
    }),
    response: z.object({ total: z.int().nonnegative(), jobs: z.array(JobSummary) }),
  }),
  jobsByAtom: defineEndpoint({
    method: 'GET',
    path: '/jobs/by-atom',
    summary: 'Jobs of recent plans that match a CPV, category/name or name; newest plan first.',
    query: z.strictObject({
      atom: z
        .string()
        .max(MAX_TARGET_LENGTH)
        .regex(/^=?[\w+./-]+$/, 'give category/name-version, category/name or name'),
    }),
    response: z.object({ jobs: z.array(JobSummary) }),
  }),
  job: defineEndpoint({
    method: 'GET',
    path: '/jobs/:id',
    summary: 'One job with its attempts, and its history with reasons.',
    params: ById,
    response: JobDetail,
  }),
  drones: defineEndpoint({
    method: 'GET',
    path: '/drones',
    summary: 'Every drone, its state and what it works on.',
    response: z.object({ drones: z.array(DroneView) }),
  }),
  ...doctorApi,
  ...droneApi,
  ...auditApi,
  ...quarantineApi,
  ...pauseApi,
  ...healingApi,
  releases: defineEndpoint({
    method: 'GET',
    path: '/releases',
    summary: 'Releases, newest first.',
    query: z.strictObject({ profile: ProfileName.optional() }),
    response: z.object({ releases: z.array(Release) }),
  }),
  profiles: defineEndpoint({
    method: 'GET',
    path: '/profiles',
    summary: 'Every profile.',
    response: z.object({ profiles: z.array(ProfileView) }),
  }),
  putProfile: defineEndpoint({
    method: 'POST',
    path: '/profiles',
    summary: 'Adds a profile, or changes the targets of one; its kind never changes.',
    body: z.strictObject({ name: ProfileName, kind: ProfileKind, targets: Targets.min(1) }),
    response: ProfileView,
  }),
  profileVersions: defineEndpoint({
    method: 'GET',
    path: '/profiles/:name/versions',
    summary: 'What was pushed to a profile, newest first.',
    params: OfProfile,
    response: z.object({ versions: z.array(ProfileVersionSummary) }),
  }),
  profileVersion: defineEndpoint({
    method: 'GET',
    path: '/profiles/:name/versions/:version',
    summary: 'One version with its whole configuration, by number, digest or `current`.',
    params: OfProfile.extend({ version: VersionName }),
    response: ProfileVersionView,
  }),
  pushProfile: defineEndpoint({
    method: 'POST',
    path: '/profiles/:name/versions',
    summary: 'Makes a configuration the current one. Pushing the current one again changes nothing.',
    params: OfProfile,
    body: z.strictObject({
      /** Checked as a whole, so that every mistake is told at once. */
      configuration: z
        .unknown()
        .describe('{files, makeProfile, world, repositories}, as a version of a profile shows it'),
      ...by,
    }),
    maxBodyBytes: MAX_PUSH_BYTES,
    response: PushedVersion,
  }),
  acceptLine: defineEndpoint({
    method: 'POST',
    path: '/profiles/:name/lines',
    summary: 'Adds a line to a file of the current configuration: how the remedy of a finding is accepted.',
    params: OfProfile,
    body: z.strictObject({
      /** Below etc/portage, e.g. `package.use`; the line goes to a file in it where that is a directory. */
      file: z.string().min(1, 'names a file below etc/portage, e.g. package.use'),
      line: z.string().min(1, 'is the line, e.g. media-libs/freetype -harfbuzz'),
      ...by,
    }),
    response: PushedVersion,
  }),
  profileDiff: defineEndpoint({
    method: 'GET',
    path: '/profiles/:name/diff',
    summary:
      'What changed between two versions; by default from the one before `to`, which is the current one.',
    params: OfProfile,
    query: z.strictObject({ from: VersionName.optional(), to: VersionName.default('current') }),
    response: ProfileDiff,
  }),
  ...scheduleApi,
  ...whyApi,
  events: defineEndpoint({
    method: 'GET',
    path: '/events',
    summary:
      'Events in order. With `Accept: text/event-stream`, or at `/events`, a live stream that resumes at Last-Event-ID.',
    query: z.strictObject({
      after: z.coerce.number().int().nonnegative().optional(),
      limit: Limit.default(100),
    }),
    response: z.object({ events: z.array(EventView) }),
  }),
} as const satisfies Record<string, Endpoint>;

/** Routes that answer with text as it comes. */
export const apiStreams = {
  jobLog: defineEndpoint({
    method: 'GET',
    path: '/jobs/:id/log',
    summary: 'The build log of one attempt (default: the latest); `follow` waits for more until it ends.',
    params: ById,
    query: z.strictObject({
      attempt: z.coerce.number().int().positive().optional(),
      follow: z.stringbool().default(false),
    }),
    response: z.string(),
    produces: 'text/plain',
  }),
} as const satisfies Record<string, Endpoint>;

export type ApiName = keyof typeof api;
