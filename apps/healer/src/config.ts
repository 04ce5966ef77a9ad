import { z } from 'zod';

import { defaultLiveness, type LivenessPolicy } from '@swarm/domain-drone';
import { portVariable, readConfig } from '@swarm/platform';

/** From the healer's look to the ledger: its queries, outbox, stream, scheduler. Milliseconds, on a very busy machine. */
const RECLAIM_TAKES_MS = 5_000;

const durationMs = z.coerce.number().int().positive();

const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  NATS_URL: z.url({ protocol: /^(nats|tls)$/ }),
  SWARM_HEALER_HOST: z.string().default('127.0.0.1'),
  SWARM_HEALER_PORT: portVariable(4803),
  SWARM_SUSPECT_AFTER_MS: durationMs.default(defaultLiveness.suspectAfterMs),
  SWARM_OFFLINE_AFTER_MS: durationMs.default(defaultLiveness.offlineAfterMs),
  SWARM_RECLAIM_AFTER_MS: durationMs.default(defaultLiveness.reclaimAfterMs),
  SWARM_HEALER_SWEEP_MS: durationMs.default(5_000),
  SWARM_RUNG1_COOLDOWN_MS: durationMs.default(15_000),
});

export interface HealerConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly host: string;
  readonly port: number;
  readonly liveness: LivenessPolicy;
  readonly sweepMs: number;
  /** Rung 1 is not asked for again sooner, while the scheduler is carrying it out. */
  readonly rung1CooldownMs: number;
}

/** The one reader of the healer's environment; reports every mistake at once, by variable. */
export function readHealerConfig(env: NodeJS.ProcessEnv): HealerConfig {
  const read = readConfig(Environment, env, 'healer');
  return {
    databaseUrl: read.DATABASE_URL,
    natsUrl: read.NATS_URL,
    host: read.SWARM_HEALER_HOST,
    port: read.SWARM_HEALER_PORT,
    liveness: {
      suspectAfterMs: read.SWARM_SUSPECT_AFTER_MS,
      offlineAfterMs: read.SWARM_OFFLINE_AFTER_MS,
      reclaimAfterMs: askAfterMs(read),
    },
    sweepMs: read.SWARM_HEALER_SWEEP_MS,
    rung1CooldownMs: read.SWARM_RUNG1_COOLDOWN_MS,
  };
}

/**
 * How long a drone is silent when its work is asked for. The promise is that it has been taken back by
 * `SWARM_RECLAIM_AFTER_MS`, so what would be late at the next look is asked for at this one; never before it is offline.
 */
function askAfterMs(read: z.output<typeof Environment>): number {
  const lateMs = read.SWARM_HEALER_SWEEP_MS + RECLAIM_TAKES_MS;
  return Math.max(read.SWARM_OFFLINE_AFTER_MS, read.SWARM_RECLAIM_AFTER_MS - lateMs);
}
