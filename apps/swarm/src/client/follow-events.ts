import type { EventView } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';
import { backoffMs } from '@swarm/platform';

import type { ApiClient } from './api-client.js';

/** A gateway that is gone is tried this often in a row before a follower gives up: about half a minute. */
const RECONNECT = { attempts: 10, firstDelayMs: 250, maxDelayMs: 5_000 } as const;

export interface FollowOptions {
  /** The last event that was seen. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Waits; given so that a test need not. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Events for ever, across restarts of the gateway, each once and in order. */
export async function* followEvents(
  client: Pick<ApiClient, 'events'>,
  { after, signal, pause }: FollowOptions,
): AsyncGenerator<EventView> {
  let seen = after;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const event of client.events(seen, signal)) {
        seen = event.sequence;
        failures = 0;
        yield event;
      }
    } catch (error) {
      const isLost = error instanceof SwarmError && error.code === 'SWARM_UNREACHABLE';
      if (!isLost || failures + 1 >= RECONNECT.attempts) throw error;
    }
    failures += 1;
    await pause(backoffMs(RECONNECT, failures, Math.random()));
  }
}
