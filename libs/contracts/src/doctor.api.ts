import { z } from 'zod';

import { defineEndpoint, type Endpoint } from './endpoint.js';

const Instant = z.iso.datetime();

/** One check of the maintenance sweep, as it ran last. */
export const CheckView = z.object({
  name: z.string(),
  result: z.enum(['ok', 'warning', 'alarm']),
  /** One sentence: what was found; where it is not ok, the cause and what to do. */
  detail: z.string(),
  ranAt: Instant,
  /** Since when it is not ok; null while it is. */
  notOkSince: Instant.nullable(),
  /** The page that says more. */
  page: z.string(),
});
export type CheckView = z.output<typeof CheckView>;

/** How the swarm is, as far as it can tell by itself. */
export const DoctorView = z.object({
  at: Instant,
  sweep: z.object({
    /** When the checks ran last; null where they never did. */
    ranAt: Instant.nullable(),
    /** True where that is too long ago: what the checks say is old. */
    isOverdue: z.boolean(),
    /** Empty while it is not overdue; else what that means and what to do. */
    detail: z.string(),
  }),
  /** Alarms first, then warnings. */
  checks: z.array(CheckView),
  /** True while no alarm stands and the sweep is not overdue. */
  isWell: z.boolean(),
});
export type DoctorView = z.output<typeof DoctorView>;

/** The route of the doctor. */
export const doctorApi = {
  doctor: defineEndpoint({
    method: 'GET',
    path: '/doctor',
    summary:
      'Every check of the maintenance sweep with its last run and result, and whether the sweep itself runs.',
    response: DoctorView,
  }),
} as const satisfies Record<string, Endpoint>;
