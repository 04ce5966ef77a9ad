import type { ConfigurationRef } from '@swarm/contracts';
import type { Configuration } from '@swarm/domain-plan';

/** What asking for a configuration, or for what it names, came to when there is none. */
export interface Missing {
  readonly kind: 'missing';
  /** One sentence that says what is missing and from where. */
  readonly reason: string;
  /** Trying again later may help. */
  readonly mayPass: boolean;
}

/** Port to the configurations that the swarm works with. Never rejects. */
export interface ConfigurationSource {
  /** The configuration with exactly this digest; asked for once, however many ask. */
  obtain(
    ref: ConfigurationRef,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'obtained'; readonly configuration: Configuration } | Missing>;
}
