import { z } from 'zod';

import { defineEndpoint, type Endpoint } from './endpoint.js';
import { ScheduleCheck, ScheduleRunView, ScheduleView } from './schedule.model.js';
import { ScheduleWish } from './schedule.messages.js';

const ByName = z.strictObject({ name: z.string().min(1).max(100) });
const MAX_RUNS = 1_000;

/** Every route about schedules. */
export const scheduleApi = {
  schedules: defineEndpoint({
    method: 'GET',
    path: '/schedules',
    summary: 'Every schedule, when it fires next, and its last run.',
    response: z.object({ schedules: z.array(ScheduleView) }),
  }),
  checkSchedules: defineEndpoint({
    method: 'GET',
    path: '/schedules/check',
    summary: 'Whether each schedule is right and will fire, what was missed, and whether a scheduler leads.',
    query: z.strictObject({ schedule: z.string().min(1).max(100).optional() }),
    response: z.object({ leading: z.boolean(), checks: z.array(ScheduleCheck) }),
  }),
  scheduleRuns: defineEndpoint({
    method: 'GET',
    path: '/schedules/runs',
    summary: 'Runs, newest first: of one schedule, or of all, those that people asked for included.',
    query: z.strictObject({
      schedule: z.string().min(1).max(100).optional(),
      limit: z.coerce.number().int().min(1).max(MAX_RUNS).default(20),
    }),
    response: z.object({ runs: z.array(ScheduleRunView) }),
  }),
  addSchedule: defineEndpoint({
    method: 'POST',
    path: '/schedules',
    summary: 'Adds a schedule. The same one twice changes nothing.',
    body: z.strictObject({
      ...ScheduleWish.shape,
      targets: ScheduleWish.shape.targets.default([]),
      zone: ScheduleWish.shape.zone.default('UTC'),
      overlap: ScheduleWish.shape.overlap.default('skip'),
      catchUp: ScheduleWish.shape.catchUp.default('one'),
      jitterMaxMs: ScheduleWish.shape.jitterMaxMs.default(0),
    }),
    response: ScheduleView,
    status: 201,
  }),
  removeSchedule: defineEndpoint({
    method: 'DELETE',
    path: '/schedules/:name',
    summary: 'Removes a schedule. A run at work goes on; one that waits is cancelled.',
    params: ByName,
    response: z.object({ name: z.string() }),
  }),
  runSchedule: defineEndpoint({
    method: 'POST',
    path: '/schedules/:name/run',
    summary: 'Runs a schedule now, by its overlap policy. The same requestId twice makes one run.',
    params: ByName,
    body: z.strictObject({ requestId: z.uuid().optional() }),
    response: z.object({ runId: z.uuid() }),
    status: 201,
  }),
  enableSchedule: defineEndpoint({
    method: 'POST',
    path: '/schedules/:name/enable',
    summary: 'Lets a schedule fire again, from now on.',
    params: ByName,
    response: ScheduleView,
  }),
  disableSchedule: defineEndpoint({
    method: 'POST',
    path: '/schedules/:name/disable',
    summary: 'Lets a schedule fire no more until it is enabled.',
    params: ByName,
    response: ScheduleView,
  }),
  pauseSchedule: defineEndpoint({
    method: 'POST',
    path: '/schedules/:name/pause',
    summary: 'Lets a schedule rest for a while, with an author, a reason and an end.',
    params: ByName,
    body: z.strictObject({
      forMs: z.int().positive().optional(),
      author: z.string().min(1).max(500).default('operator'),
      reason: z.string().min(1, 'say why').max(500),
    }),
    response: ScheduleView,
  }),
  resumeSchedule: defineEndpoint({
    method: 'POST',
    path: '/schedules/:name/resume',
    summary: 'Ends the pause of a schedule.',
    params: ByName,
    response: ScheduleView,
  }),
} as const satisfies Record<string, Endpoint>;
