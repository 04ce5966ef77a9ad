import { z } from 'zod';

import { defineEndpoint, type Endpoint } from './endpoint.js';
import { QuarantineAtom } from './quarantine.messages.js';
import { ProfileName } from './work.messages.js';

const Instant = z.iso.datetime();

/** A package that is not tried again, and on what evidence. */
export const QuarantineView = z.object({
  jobId: z.uuid(),
  planId: z.uuid(),
  profile: z.string(),
  cpv: z.string(),
  use: z.array(z.string()),
  since: Instant.nullable(),
  reason: z.string(),
  /** Drones on which it failed. */
  drones: z.array(z.string()),
  failures: z.int().nonnegative(),
});
export type QuarantineView = z.output<typeof QuarantineView>;

export const QuarantineDetail = QuarantineView.extend({
  /** Every failed attempt, oldest first. */
  evidence: z.array(
    z.object({
      attempt: z.int().positive(),
      drone: z.string(),
      class: z.string(),
      summary: z.string(),
      endedAt: Instant.nullable(),
      /** False for one that was forgiven: its drone was grounded. */
      counts: z.boolean(),
      logTail: z.string(),
    }),
  ),
  /** CPVs of its plan that wait for it. */
  blocks: z.array(z.string()),
  history: z.array(z.object({ at: Instant, state: z.string(), reason: z.string() })),
});
export type QuarantineDetail = z.output<typeof QuarantineDetail>;

const Moved = z.object({
  moved: z.array(z.object({ jobId: z.uuid(), cpv: z.string(), state: z.string() })),
});
const Wish = z.strictObject({
  /** May be left out where there is only one profile. */
  profile: ProfileName.optional(),
  atom: QuarantineAtom,
  author: z.string().min(1).max(100).default('operator'),
  reason: z.string().max(500).default(''),
});

/** Every route about quarantine. */
export const quarantineApi = {
  quarantine: defineEndpoint({
    method: 'GET',
    path: '/quarantine',
    summary: 'Packages that are not tried again until somebody says so or an input changes, and why.',
    query: z.strictObject({ profile: ProfileName.optional() }),
    response: z.object({ quarantine: z.array(QuarantineView) }),
  }),
  quarantined: defineEndpoint({
    method: 'GET',
    path: '/quarantine/:id',
    summary: 'One of them, by the id of its job, with all its evidence and what waits for it.',
    params: z.strictObject({ id: z.uuid('an id is a UUID, as lists show it') }),
    response: QuarantineDetail,
  }),
  releaseQuarantine: defineEndpoint({
    method: 'POST',
    path: '/quarantine/release',
    summary: 'Lets packages be tried again: at once in an open plan, else in the next one.',
    body: Wish,
    response: Moved,
  }),
  addQuarantine: defineEndpoint({
    method: 'POST',
    path: '/quarantine/add',
    summary: 'Keeps packages of open plans from being tried; what needs them is blocked.',
    body: Wish,
    response: Moved,
  }),
} as const satisfies Record<string, Endpoint>;
