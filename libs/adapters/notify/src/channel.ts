import type { Page } from '@swarm/domain-healing';

/** One way to people. `send` rejects when the page was not taken. */
export interface Channel {
  readonly name: 'webhook' | 'ntfy' | 'email';
  send(page: Page, signal: AbortSignal): Promise<string>;
}
