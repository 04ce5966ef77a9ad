import { z } from 'zod';

import { defaultLiveness, type LivenessPolicy } from '@swarm/domain-drone';
import { defaultHealing, type HealingPolicy } from '@swarm/domain-healing';
import { SwarmError } from '@swarm/kernel';
import { portVariable, readConfig, type Secret, secretVariable } from '@swarm/platform';

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
  SWARM_PROBE_MS: durationMs.default(defaultHealing.probeEveryMs),
  SWARM_PROBES: z.coerce.number().int().positive().default(defaultHealing.probes),
  SWARM_PROBE_OVER_MS: durationMs.default(defaultHealing.probeOverMs),
  SWARM_RESTARTS: z.coerce.number().int().positive().default(defaultHealing.restarts),
  SWARM_RUNG2_COOLDOWN_MS: durationMs.default(defaultHealing.restartCooldownMs),
  SWARM_RUNG3_COOLDOWN_MS: durationMs.default(defaultHealing.rebootCooldownMs),
  SWARM_REBOOT_LIMIT_MS: durationMs.default(defaultHealing.rebootLimitMs),
  SWARM_RETURN_MS: durationMs.default(defaultHealing.returnMs),
  SWARM_CONFIRM_WITHIN_MS: durationMs.default(defaultHealing.confirmWithinMs),
  SWARM_PAGE_EVERY_MS: durationMs.default(defaultHealing.pageEveryMs),
  SWARM_STEADY_MS: durationMs.default(defaultHealing.steadyMs),
  /** The private key that drones' hosts let in. Without one, rungs 2 and 3 end in calls to people. */
  SWARM_SSH_KEY_FILE: z.string().optional(),
  SWARM_NOTIFY_WEBHOOK_URL: secretUrl(/^https?$/),
  SWARM_NOTIFY_NTFY_URL: secretUrl(/^https?$/),
  SWARM_NOTIFY_SMTP_URL: secretUrl(/^smtps?$/),
  SWARM_NOTIFY_SMTP_FROM: z.string().optional(),
  SWARM_NOTIFY_SMTP_TO: z.string().optional(),
});

/** A URL that may hold a password or a token. */
function secretUrl(protocol: RegExp): z.ZodOptional<z.ZodType<Secret, string>> {
  return z.url({ protocol }).pipe(secretVariable()).optional();
}

export interface HealerConfig {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly host: string;
  readonly port: number;
  readonly liveness: LivenessPolicy;
  readonly sweepMs: number;
  /** Rung 1 is not asked for again sooner, while the scheduler is carrying it out. */
  readonly rung1CooldownMs: number;
  readonly healing: HealingPolicy;
  readonly sshKeyFile: string | undefined;
  /** Ways to people; none may be configured. */
  readonly notify: {
    readonly webhookUrl: Secret | undefined;
    readonly ntfyUrl: Secret | undefined;
    readonly smtp: { readonly url: Secret; readonly from: string; readonly to: string } | undefined;
  };
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
    healing: {
      ...defaultHealing,
      offlineAfterMs: read.SWARM_OFFLINE_AFTER_MS,
      probeEveryMs: read.SWARM_PROBE_MS,
      probes: read.SWARM_PROBES,
      probeOverMs: read.SWARM_PROBE_OVER_MS,
      restarts: read.SWARM_RESTARTS,
      restartCooldownMs: read.SWARM_RUNG2_COOLDOWN_MS,
      rebootCooldownMs: read.SWARM_RUNG3_COOLDOWN_MS,
      rebootLimitMs: read.SWARM_REBOOT_LIMIT_MS,
      returnMs: read.SWARM_RETURN_MS,
      confirmWithinMs: read.SWARM_CONFIRM_WITHIN_MS,
      pageEveryMs: read.SWARM_PAGE_EVERY_MS,
      steadyMs: read.SWARM_STEADY_MS,
    },
    sshKeyFile: read.SWARM_SSH_KEY_FILE,
    notify: {
      webhookUrl: read.SWARM_NOTIFY_WEBHOOK_URL,
      ntfyUrl: read.SWARM_NOTIFY_NTFY_URL,
      smtp: smtpOf(read),
    },
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

function smtpOf(read: z.output<typeof Environment>): HealerConfig['notify']['smtp'] {
  const { SWARM_NOTIFY_SMTP_URL: url, SWARM_NOTIFY_SMTP_FROM: from, SWARM_NOTIFY_SMTP_TO: to } = read;
  if (url === undefined) return undefined;
  if (from !== undefined && to !== undefined) return { url, from, to };
  const missing = from === undefined ? 'SWARM_NOTIFY_SMTP_FROM' : 'SWARM_NOTIFY_SMTP_TO';
  throw new SwarmError(
    'SWARM_CONFIG',
    `healer cannot start: ${missing}: is not set, and SWARM_NOTIFY_SMTP_URL is.`,
    {
      hint: 'Say from whom and to whom letters go, or leave SWARM_NOTIFY_SMTP_URL out.',
    },
  );
}
