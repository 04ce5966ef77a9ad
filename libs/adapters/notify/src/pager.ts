import type { Page, PageDelivery, Pager } from '@swarm/domain-healing';
import { retry, withTimeLimit } from '@swarm/platform';

import type { Channel } from './channel.js';
import { email } from './email-channel.js';
import { ntfy, webhook } from './http-channels.js';
import { defaultNotifyLimits, type NotifyLimits } from './limits.js';

/** Where people are reached; what is left out is not used. */
export interface PagerOptions {
  readonly webhookUrl?: string | undefined;
  /** Of the topic, for example `https://ntfy.example/build-swarm`. */
  readonly ntfyUrl?: string | undefined;
  readonly smtp?: { readonly url: string; readonly from: string; readonly to: string } | undefined;
  readonly limits?: NotifyLimits;
}

/** Calls people on every channel at once; one that does not answer keeps no other from it. */
export function makePager({ webhookUrl, ntfyUrl, smtp, limits = defaultNotifyLimits }: PagerOptions): Pager {
  const channels: Channel[] = [
    ...(webhookUrl === undefined ? [] : [webhook(webhookUrl)]),
    ...(ntfyUrl === undefined ? [] : [ntfy(ntfyUrl)]),
    ...(smtp === undefined ? [] : [email({ ...smtp, stepMs: limits.tryMs })]),
  ];
  return { send: (page) => Promise.all(channels.map((channel) => deliver(channel, page, limits))) };
}

async function deliver(
  channel: Channel,
  page: Page,
  { tryMs, retry: policy }: NotifyLimits,
): Promise<PageDelivery> {
  try {
    const detail = await retry(
      () => withTimeLimit(channel.send(page, AbortSignal.timeout(tryMs)), tryMs, `the ${channel.name}`),
      policy,
    );
    return { channel: channel.name, isDelivered: true, detail };
  } catch (error) {
    return { channel: channel.name, isDelivered: false, detail: textOf(error) };
  }
}

/** `fetch` hides what went wrong behind "fetch failed". */
function textOf(error: unknown): string {
  const { message = String(error), cause } = error as {
    readonly message?: string;
    readonly cause?: { readonly message?: string; readonly code?: string };
  };
  const deeper = cause?.message ?? cause?.code ?? '';
  return deeper === '' ? message : `${message}: ${deeper}`;
}
