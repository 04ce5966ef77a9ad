import { z } from 'zod';

import { defaultGrounding, type GroundingPolicy } from '@swarm/domain-drone';
import type { RetryPolicy } from '@swarm/domain-job';
import { portVariable, readConfig } from '@swarm/platform';

const durationMs = z.coerce.number().int().positive();

const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  NATS_URL: z.url({ protocol: /^(nats|tls)$/ }),
  SWARM_BINHOST_URL: z.url({ protocol: /^https?$/ }),
  SWARM_SCHEDULER_HOST: z.string().default('127.0.0.1'),
  SWARM_SCHEDULER_PORT: portVariable(4801),
  SWARM_MAX_ATTEMPTS: z.coerce.number().int().positive().default(3),
  SWARM_MAX_RECLAIMS: z.coerce.number().int().positive().default(10),
  SWARM_RETRY_DELAY_MS: z.coerce.number().int().nonnegative().default(60_000),
  SWARM_STRIKES: z.coerce.number().int().positive().default(defaultGrounding.strikes),
  SWARM_GROUNDED_MS: durationMs.default(defaultGrounding.groundedMs),
  SWARM_MAX_GROUNDED_MS: durationMs.default(defaultGrounding.maxGroundedMs),
  SWARM_BAD_UPLOAD_MS: durationMs.default(defaultGrounding.badUploadMs),
  SWARM_BUILD_TIMEOUT_MS: durationMs.default(36_000_000),
  SWARM_BUILD_SILENCE_MS: durationMs.default(3_600_000),
  SWARM_UNCLAIMED_AFTER_MS: durationMs.default(30_000),
  SWARM_SCAN_MS: durationMs.default(5_000),
});

/** What the scheduler decides by, in its own words. All times in milliseconds. */
export interface SchedulingPolicy {
  readonly retry: RetryPolicy;
  /** How long a job that failed for a passing cause waits. */
  readonly retryDelayMs: number;
  /** When drones are kept from work. */
  readonly grounding: GroundingPolicy;
  readonly buildTimeoutMs: number;
  readonly silenceMs: number;
  /** A delegated attempt that its living drone has not named for so long is taken back. */
  readonly unclaimedAfterMs: number;
}

export interface SchedulerConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly binhostUrl: string;
  readonly host: string;
  readonly port: number;
  /** A round is made at least this often, whether or not anything woke it (Q21). */
  readonly scanMs: number;
  readonly policy: SchedulingPolicy;
}

/** The one reader of the scheduler's environment; reports every mistake at once, by variable. */
export function readSchedulerConfig(env: NodeJS.ProcessEnv): SchedulerConfig {
  const read = readConfig(Environment, env, 'scheduler');
  return {
    databaseUrl: read.DATABASE_URL,
    natsUrl: read.NATS_URL,
    binhostUrl: read.SWARM_BINHOST_URL.replace(/\/+$/, ''),
    host: read.SWARM_SCHEDULER_HOST,
    port: read.SWARM_SCHEDULER_PORT,
    scanMs: read.SWARM_SCAN_MS,
    policy: {
      retry: { maxFailures: read.SWARM_MAX_ATTEMPTS, maxReclaims: read.SWARM_MAX_RECLAIMS },
      retryDelayMs: read.SWARM_RETRY_DELAY_MS,
      grounding: {
        strikes: read.SWARM_STRIKES,
        groundedMs: read.SWARM_GROUNDED_MS,
        maxGroundedMs: read.SWARM_MAX_GROUNDED_MS,
        badUploadMs: read.SWARM_BAD_UPLOAD_MS,
        maxBadUploadMs: read.SWARM_MAX_GROUNDED_MS,
      },
      buildTimeoutMs: read.SWARM_BUILD_TIMEOUT_MS,
      silenceMs: read.SWARM_BUILD_SILENCE_MS,
      unclaimedAfterMs: read.SWARM_UNCLAIMED_AFTER_MS,
    },
  };
}
