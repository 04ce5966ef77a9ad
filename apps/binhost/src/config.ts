import { resolve } from 'node:path';

import { portVariable, readConfig, secretVariable, type LogLevel, type Secret } from '@swarm/platform';
import { z } from 'zod';

const GIB = 1024 ** 3;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** The longest delay of a Node timer; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const satisfies LogLevel[];
const milliseconds = (byDefault: number): z.ZodType<number> =>
  z.coerce.number().int().positive().max(LONGEST_TIMER_MS).default(byDefault);
const count = (byDefault: number): z.ZodType<number> => z.coerce.number().int().positive().default(byDefault);

function isServerList(text: string): boolean {
  return text.split(',').every((server) => /^(?:nats|tls):$/.test(URL.parse(server.trim())?.protocol ?? ''));
}

/** The environment of the binhost. */
export const BinhostEnvironment = z.object({
  DATABASE_URL: secretVariable(),
  /** One server, or several with commas between them. */
  NATS_URL: z.string().refine(isServerList, 'must be nats:// or tls:// URLs with commas between them'),
  /** Directory of all packages and indexes; one file system that knows hard links. */
  SWARM_BINHOST_DIR: z.string().transform((path) => resolve(path)),
  SWARM_BINHOST_HOST: z.string().default('127.0.0.1'),
  SWARM_BINHOST_PORT: portVariable(),
  /** Longest upload, in bytes. */
  SWARM_UPLOAD_MAX_BYTES: count(4 * GIB),
  /** An upload of which no byte arrives for so long is ended. */
  SWARM_UPLOAD_IDLE_MS: milliseconds(60 * SECOND_MS),
  /** An upload that is not complete after so long is ended. */
  SWARM_UPLOAD_TOTAL_MS: milliseconds(3 * HOUR_MS),
  /** Uploads at one time; a further one is told to come back. */
  SWARM_UPLOADS_AT_ONCE: count(64),
  /** The publisher looks for work this often, whether it was woken or not. */
  SWARM_BINHOST_SCAN_MS: milliseconds(15 * SECOND_MS),
  SWARM_LOG_LEVEL: z.enum(levels).default('info'),
});

/** What one upload, and all of them, may cost. */
export interface UploadLimits {
  readonly maxBytes: number;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly atOnce: number;
}

export interface BinhostConfig {
  readonly databaseUrl: Secret;
  readonly natsUrl: string;
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly upload: UploadLimits;
  readonly scanMs: number;
  readonly logLevel: LogLevel;
}

/** The one reader of the environment; throws SWARM_CONFIG that names every mistake at once. */
export function readBinhostConfig(env: Readonly<Record<string, string | undefined>>): BinhostConfig {
  const read = readConfig(BinhostEnvironment, env, 'binhost');
  return {
    databaseUrl: read.DATABASE_URL,
    natsUrl: read.NATS_URL,
    directory: read.SWARM_BINHOST_DIR,
    host: read.SWARM_BINHOST_HOST,
    port: read.SWARM_BINHOST_PORT,
    upload: {
      maxBytes: read.SWARM_UPLOAD_MAX_BYTES,
      idleMs: read.SWARM_UPLOAD_IDLE_MS,
      totalMs: read.SWARM_UPLOAD_TOTAL_MS,
      atOnce: read.SWARM_UPLOADS_AT_ONCE,
    },
    scanMs: read.SWARM_BINHOST_SCAN_MS,
    logLevel: read.SWARM_LOG_LEVEL,
  };
}
