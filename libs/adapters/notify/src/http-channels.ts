import type { Page } from '@swarm/domain-healing';

import type { Channel } from './channel.js';

/** Of an answer that says no, so many characters are kept. */
const KEPT_ANSWER_CHARS = 200;

/** The page as JSON, to whatever takes it from there; `id` tells a repetition. */
export function webhook(url: string): Channel {
  return {
    name: 'webhook',
    send: (page, signal) =>
      post(url, { 'Content-Type': 'application/json' }, JSON.stringify(bodyOf(page)), signal),
  };
}

/** A message to a topic of ntfy; the URL is that of the topic. */
export function ntfy(url: string): Channel {
  return {
    name: 'ntfy',
    send: (page, signal) =>
      post(url, { Title: ascii(page.title), Priority: 'high', Tags: 'warning' }, page.text, signal),
  };
}

function bodyOf({ id, drone, cause, at, title, text }: Page): object {
  return { source: 'build-swarm', id, drone, cause, at: at.toISOString(), title, text };
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  if (response.ok) {
    await response.body?.cancel();
    return `answered ${response.status}`;
  }
  const answer = (await response.text()).slice(0, KEPT_ANSWER_CHARS);
  throw new Error(`answered ${response.status}: ${answer}`);
}

/** What a header may hold. */
function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ');
}
