import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { DroneName } from './work.messages.js';

const Instant = z.iso.datetime();
const Author = z.string().min(1).max(100);

export const HostKindName = z.enum(['lxc', 'qemu', 'docker', 'bare-metal']);
export const InitSystemName = z.enum(['openrc', 'systemd']);
/** A host name or an IP address. */
export const HostAddress = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'an address is a host name or an IP address');
export const HostPort = z.int().min(1).max(65_535);
export const HostUser = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user is a login name, e.g. root');
export const MachineIdText = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'a machine id is the 32 hexadecimal digits of /etc/machine-id');
export const HostKeyLine = z.string().max(4_096);

/** What a page of the host book says, as somebody writes it. */
export const HostWish = z.strictObject({
  kind: HostKindName,
  address: HostAddress,
  port: HostPort.default(22),
  user: HostUser.default('root'),
  init: InitSystemName,
  /** Lines of known_hosts, or public keys. */
  hostKeys: z.array(HostKeyLine).min(1, 'pin at least one host key').max(64),
  machineId: MachineIdText,
  /** Left out: as is usual for hosts of its kind; bare metal is protected. */
  isProtected: z.boolean().optional(),
  mayReboot: z.boolean().default(false),
});
export type HostWish = z.output<typeof HostWish>;

/** A person writes into the host book, has an address scanned, or allows a reboot. Asking twice changes nothing more. */
export const HealingAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.healing',
  schema: z.object({
    requestId: z.uuid(),
    wish: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('set-host'), drone: DroneName, host: HostWish, author: Author }),
      z.object({ kind: z.literal('scan'), address: HostAddress, port: HostPort, user: HostUser }),
      z.object({
        ...{ kind: z.literal('confirm-reboot'), drone: DroneName },
        ...{ forMs: z.int().positive(), author: Author },
      }),
    ]),
  }),
  dedupe: ({ requestId }) => `ask-healing:${requestId}`,
  meaning:
    'Write a page of the host book, scan an address, or allow a reboot (core NATS request; the leading healer answers).',
});
export type HealingAsked = Payload<typeof HealingAsked>;

/** What an address says of itself to somebody who does not know it yet. Nothing of it is pinned. */
export const HostScanFact = z.object({
  keys: z.array(z.object({ line: z.string(), fingerprint: z.string() })),
  machineId: z.string().nullable(),
  note: z.string(),
});

export const HealingAnswered = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.healing',
  schema: z.object({
    requestId: z.uuid(),
    outcome: z.enum(['done', 'unknown', 'refused']),
    /** Why it was not done, naming the field; empty when it was. */
    reason: z.string(),
    scan: HostScanFact.nullable(),
    /** Until when the reboot is allowed. */
    until: Instant.nullable(),
  }),
  dedupe: ({ requestId }) => `answer-healing:${requestId}`,
  meaning: 'What became of a request to the healer.',
});
export type HealingAnswered = Payload<typeof HealingAnswered>;

const stamp = { id: z.uuid(), at: Instant };

export const HealingMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.healer.healing-moved',
  schema: z.object({
    ...stamp,
    actionId: z.uuid(),
    drone: DroneName,
    kind: z.enum(['restart', 'reboot', 'page', 'recovered']),
    state: z.enum(['begun', 'done', 'failed', 'refused']),
    /** Of a page. */
    cause: z.string().nullable(),
    /** Why it was begun, or how it ended. */
    line: z.string(),
  }),
  dedupe: ({ id }) => id,
  meaning: 'Rungs 2 to 4: the healer begins an act at a drone, or has seen its result; a page is an alarm.',
});
export type HealingMoved = Payload<typeof HealingMoved>;

export const RebootRequestMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.healer.reboot-request-moved',
  schema: z.object({
    ...stamp,
    requestId: z.uuid(),
    drone: DroneName,
    state: z.enum(['asked', 'confirmed', 'used', 'expired', 'recovered']),
    /** Who confirmed; null otherwise. */
    by: z.string().nullable(),
    /** Until when the reboot is allowed; null where it is not. */
    until: Instant.nullable(),
    line: z.string(),
  }),
  dedupe: ({ id }) => id,
  meaning: 'The swarm asks whether it may reboot a drone, or has an answer, or needs none any more.',
});
export type RebootRequestMoved = Payload<typeof RebootRequestMoved>;

export const HostMoved = defineMessage({
  carrier: 'EVENTS',
  subject: 'swarm.v1.event.healer.host-moved',
  schema: z.object({ ...stamp, drone: DroneName, address: z.string(), by: z.string() }),
  dedupe: ({ id }) => id,
  meaning: 'The host book says something new of a drone.',
});
export type HostMoved = Payload<typeof HostMoved>;
