import { z } from 'zod';

import { defineEndpoint, type Endpoint } from './endpoint.js';
import { DroneName } from './work.messages.js';

export const AuditFindingView = z.object({
  severity: z.enum(['error', 'warning']),
  subject: z.string(),
  text: z.string(),
  /** What only this machine has. */
  here: z.array(z.string()),
  /** What it lacks. */
  there: z.array(z.string()),
  remedy: z.string(),
});
export type AuditFindingView = z.output<typeof AuditFindingView>;

export const DroneAuditView = z.object({
  drone: DroneName,
  profile: z.string(),
  /** Why there is no audit of it; empty where it answered. */
  silent: z.string(),
  /** What of the profile it was compared with; null where nothing was pushed to it. */
  against: z.string().nullable(),
  /** Drones of the same profile that it was compared with. */
  peers: z.array(z.string()),
  findings: z.array(AuditFindingView),
});
export type DroneAuditView = z.output<typeof DroneAuditView>;

export const auditApi = {
  auditDrones: defineEndpoint({
    method: 'GET',
    path: '/audits',
    summary:
      'Compares the machine of one drone, or of all, with its profile and its peers: what differs, and how to mend it. Asks the drones now.',
    query: z.strictObject({ drone: DroneName.optional() }),
    response: z.object({ audits: z.array(DroneAuditView) }),
  }),
} as const satisfies Record<string, Endpoint>;
