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
import { defineEndpoint, type Endpoint } from './endpoint.js';
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
