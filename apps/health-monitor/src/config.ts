import { z } from 'zod';

import { defaultLiveness, type LivenessPolicy } from '@swarm/domain-drone';
import { portVariable, readConfig, secretVariable, type Secret } from '@swarm/platform';

const durationMs = z.coerce.number().int().positive();

/** `swarm doctor` takes a sweep for missing after three minutes. */
const LONGEST_SWEEP_MS = 120_000;

const Environment = z
  .object({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    NATS_URL: z.url({ protocol: /^(nats|tls)$/ }),
    SWARM_ENROLMENT_KEY: secretVariable(),
    SWARM_MONITOR_HOST: z.string().default('127.0.0.1'),
    SWARM_MONITOR_PORT: portVariable(4802),
    SWARM_HEARTBEAT_MS: durationMs.default(5_000),
    SWARM_SUSPECT_AFTER_MS: durationMs.default(defaultLiveness.suspectAfterMs),
    SWARM_OFFLINE_AFTER_MS: durationMs.default(defaultLiveness.offlineAfterMs),
    SWARM_RECLAIM_AFTER_MS: durationMs.default(defaultLiveness.reclaimAfterMs),
    SWARM_SWEEP_MS: durationMs.max(LONGEST_SWEEP_MS).default(60_000),
  })
  .refine((env) => env.SWARM_HEARTBEAT_MS < env.SWARM_SUSPECT_AFTER_MS, {
    path: ['SWARM_SUSPECT_AFTER_MS'],
    message: 'must be longer than SWARM_HEARTBEAT_MS',
  })
  .refine((env) => env.SWARM_SUSPECT_AFTER_MS < env.SWARM_OFFLINE_AFTER_MS, {
    path: ['SWARM_OFFLINE_AFTER_MS'],
    message: 'must be longer than SWARM_SUSPECT_AFTER_MS',
  });

export interface MonitorConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly enrolmentKey: Secret;
  readonly host: string;
  readonly port: number;
  readonly heartbeatMs: number;
  readonly liveness: LivenessPolicy;
  /** How often everything is looked at. */
  readonly sweepMs: number;
}

/** The one reader of the monitor's environment; reports every mistake at once, by variable. */
export function readMonitorConfig(env: NodeJS.ProcessEnv): MonitorConfig {
  const read = readConfig(Environment, env, 'health-monitor');
  return {
    databaseUrl: read.DATABASE_URL,
    natsUrl: read.NATS_URL,
    enrolmentKey: read.SWARM_ENROLMENT_KEY,
    host: read.SWARM_MONITOR_HOST,
    port: read.SWARM_MONITOR_PORT,
    heartbeatMs: read.SWARM_HEARTBEAT_MS,
    sweepMs: read.SWARM_SWEEP_MS,
    liveness: {
      suspectAfterMs: read.SWARM_SUSPECT_AFTER_MS,
      offlineAfterMs: read.SWARM_OFFLINE_AFTER_MS,
      reclaimAfterMs: read.SWARM_RECLAIM_AFTER_MS,
    },
  };
}
