import { portVariable, secretVariable } from '@swarm/platform';
import { z } from 'zod';

/** What the gateway reads from its environment. */
export const GatewayConfig = z.object({
  SWARM_GATEWAY_HOST: z.string().default('127.0.0.1'),
  SWARM_GATEWAY_PORT: portVariable(8080),
  DATABASE_URL: secretVariable(),
  NATS_URL: z.string().min(1),
  /** Where workstations find the binhost. */
  SWARM_BINHOST_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8081'),
  /** When set, every POST and DELETE wants it as a Bearer token. */
  SWARM_API_TOKEN: secretVariable(16).optional(),
  /** Where the dashboard's files are; by default beside the bundled gateway. */
  SWARM_DASHBOARD_DIR: z.string().optional(),
  SWARM_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type GatewayConfig = z.output<typeof GatewayConfig>;
