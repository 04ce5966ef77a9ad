import { z } from 'zod';

import { defineMessage, type Payload } from './define-message.js';
import { DroneName, ProfileName } from './work.messages.js';

const Texts = z.record(z.string(), z.string());
/** Found, or why it could not be read. */
function told<T extends z.ZodType>(value: T) {
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('told'), value }),
    z.object({ kind: z.literal('untold'), why: z.string() }),
  ]);
}

/** What a drone says of its machine; each part by itself. */
export const MachineReportFact = z.object({
  drone: DroneName,
  profile: ProfileName,
  agentVersion: z.string(),
  makeProfile: told(z.string()),
  variables: told(Texts),
  files: told(Texts),
  repositories: told(
    z.array(z.object({ name: z.string(), location: z.string(), revision: z.string().nullable() })),
  ),
  toolchain: told(Texts),
  disks: told(
    z.array(z.object({ use: z.string(), path: z.string(), totalBytes: z.number(), freeBytes: z.number() })),
  ),
  service: told(
    z.object({
      manager: z.enum(['openrc', 'systemd']),
      name: z.string(),
      running: z.boolean(),
      enabled: z.boolean(),
    }),
  ),
  cron: told(
    z.object({
      daemons: z.array(
        z.object({
          name: z.enum(['cronie', 'vixie-cron', 'dcron', 'fcron']),
          installed: z.boolean(),
          running: z.boolean(),
        }),
      ),
      tables: z.array(z.object({ path: z.string(), lines: z.array(z.string()) })),
      users: z.array(z.string()),
      timers: z.array(z.object({ unit: z.string(), enabled: z.boolean(), lastRunAt: z.string().nullable() })),
      lastRuns: z.array(z.object({ name: z.string(), at: z.string() })),
    }),
  ),
});
export type MachineReportFact = z.output<typeof MachineReportFact>;

export const MachineReportAsked = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.ask.machine.{drone}',
  schema: z.object({ requestId: z.uuid(), drone: DroneName }),
  dedupe: ({ requestId }) => `ask-machine:${requestId}`,
  meaning: 'A drone is to say how its machine is set up (core NATS request; that drone answers).',
});
export type MachineReportAsked = Payload<typeof MachineReportAsked>;

export const MachineReported = defineMessage({
  carrier: 'core',
  subject: 'swarm.v1.answer.machine.{drone}',
  schema: z.object({
    requestId: z.uuid(),
    drone: DroneName,
    /** The drone's clock when it answered. */
    at: z.iso.datetime(),
    report: MachineReportFact,
  }),
  dedupe: ({ requestId }) => `answer-machine:${requestId}`,
  meaning: 'How the machine of a drone is set up; each part told, or why it could not be read.',
});
export type MachineReported = Payload<typeof MachineReported>;
