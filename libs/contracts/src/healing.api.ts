import { z } from 'zod';

import { defineEndpoint, type Endpoint } from './endpoint.js';
import {
  HostAddress,
  HostKindName,
  HostScanFact,
  HostUser,
  HostWish,
  InitSystemName,
} from './healing.messages.js';
import { DroneName } from './work.messages.js';

const Instant = z.iso.datetime();
const Author = z.string().min(1).max(100).default('operator');
const OfDrone = z.strictObject({ drone: DroneName });

/** A page of the host book. */
export const HostView = z.object({
  drone: z.string(),
  kind: HostKindName,
  address: z.string(),
  port: z.int(),
  user: z.string(),
  init: InitSystemName,
  /** `type base64` each. */
  hostKeys: z.array(z.string()),
  machineId: z.string(),
  isProtected: z.boolean(),
  /** Standing consent to be rebooted. */
  mayReboot: z.boolean(),
  since: Instant,
  by: z.string(),
});
export type HostView = z.output<typeof HostView>;

/** Something that the healer did. */
export const HealingActionView = z.object({
  id: z.uuid(),
  drone: z.string(),
  rung: z.int().nonnegative(),
  kind: z.string(),
  state: z.string(),
  begunAt: Instant,
  endedAt: Instant.nullable(),
  reason: z.string(),
  /** Of a page: why somebody was called. */
  cause: z.string().nullable(),
  found: z.string().nullable(),
  detail: z.string(),
  output: z.string(),
});
export type HealingActionView = z.output<typeof HealingActionView>;

/** The swarm asks whether it may reboot a drone. */
export const RebootRequestView = z.object({
  id: z.uuid(),
  drone: z.string(),
  askedAt: Instant,
  reason: z.string(),
  confirmedBy: z.string().nullable(),
  until: Instant.nullable(),
  /** One line for people. */
  line: z.string(),
  /** The command that answers it. */
  confirm: z.string(),
});
export type RebootRequestView = z.output<typeof RebootRequestView>;

/** A call to a person that stands: its drone is not well yet. */
export const AlarmView = z.object({
  drone: z.string(),
  cause: z.string(),
  at: Instant,
  reason: z.string(),
  /** Whom it reached; says so where it reached nobody. */
  reached: z.string(),
  /** Page of docs/operations that says what to do. */
  page: z.string(),
});
export type AlarmView = z.output<typeof AlarmView>;

/** Every route about the machines of drones and what the healer does to them. */
export const healingApi = {
  droneHosts: defineEndpoint({
    method: 'GET',
    path: '/drone-hosts',
    summary: 'The host book: where the machine of each drone is, and how it proves that it is that machine.',
    response: z.object({ hosts: z.array(HostView) }),
  }),
  setDroneHost: defineEndpoint({
    method: 'POST',
    path: '/drones/:drone/host',
    summary: 'Writes the page of a drone in the host book, or replaces it.',
    params: OfDrone,
    body: HostWish.extend({ author: Author }),
    response: HostView,
  }),
  scanHost: defineEndpoint({
    method: 'POST',
    path: '/host-scans',
    summary: 'Asks an address for its host keys and its machine id. Nothing is pinned by it.',
    body: z.strictObject({
      address: HostAddress,
      port: z.int().min(1).max(65_535).default(22),
      user: HostUser.default('root'),
    }),
    response: HostScanFact,
  }),
  rebootRequests: defineEndpoint({
    method: 'GET',
    path: '/reboot-requests',
    summary: 'Reboots that wait for the word of a person, oldest first.',
    response: z.object({ requests: z.array(RebootRequestView) }),
  }),
  confirmReboot: defineEndpoint({
    method: 'POST',
    path: '/drones/:drone/confirm-reboot',
    summary: 'Allows the reboot that the swarm asks for, for a while (30 minutes by default) and once.',
    params: OfDrone,
    body: z.strictObject({ forMs: z.int().positive().optional(), author: Author }),
    response: z.object({ drone: z.string(), until: Instant }),
  }),
  healingActions: defineEndpoint({
    method: 'GET',
    path: '/drones/:drone/actions',
    summary: 'What the healer did at a drone, newest first, with what its host said.',
    params: OfDrone,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    response: z.object({ actions: z.array(HealingActionView) }),
  }),
} as const satisfies Record<string, Endpoint>;
