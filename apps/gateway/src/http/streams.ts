import type { IncomingMessage, ServerResponse } from 'node:http';

import type { EventView } from '@swarm/contracts';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from '../use-cases/api-refusal.js';
import type { EventFeed } from '../use-cases/event-feed.js';
import { attemptForLog, readLog, type LogWish } from '../use-cases/read-log.js';
import { startReply, writePiece } from './reply.js';

/** Streams that are open at once; each costs a read of the ledger per event. */
export const MAX_STREAMS = 200;
/** How long a browser waits before it comes back. */
const RECONNECT_MS = 2_000;

/** Answers that last. All of them end when `closing` aborts, so that a stop need not wait for readers. */
export class Streams {
  #open = 0;

  constructor(
    private readonly ports: GatewayPorts,
    private readonly feed: EventFeed,
    private readonly closing: AbortSignal,
  ) {}

  /** Server-sent events after `Last-Event-ID`, or after `after`, or from now on. */
  async events(request: IncomingMessage, response: ServerResponse, after: number | undefined): Promise<void> {
    const begin = lastEventId(request) ?? after ?? (await this.feed.newest());
    await this.#stream(response, async (signal) => {
      startReply(response, 200, 'text/event-stream; charset=utf-8', { 'X-Accel-Buffering': 'no' });
      await writePiece(response, `retry: ${RECONNECT_MS}\n\n`, signal);
      for await (const batch of this.feed.after(begin, signal)) {
        const text = batch.length === 0 ? ': alive\n\n' : batch.map(serverSentEvent).join('');
        if (!(await writePiece(response, text, signal))) return;
      }
    });
  }

  /** The text of a log, in chunks as it comes. */
  async log(response: ServerResponse, wish: LogWish): Promise<void> {
    const attempt = await attemptForLog(this.ports, wish);
    await this.#stream(response, async (signal) => {
      startReply(response, 200, 'text/plain; charset=utf-8', {
        'X-Swarm-Attempt': String(attempt.number),
        'X-Swarm-Drone': attempt.drone,
      });
      response.flushHeaders();
      for await (const text of readLog(this.ports, attempt, { follow: wish.follow, signal })) {
        if (!(await writePiece(response, text, signal))) return;
      }
    });
  }

  async #stream(response: ServerResponse, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#open >= MAX_STREAMS) {
      throw new ApiRefusal(
        'unavailable',
        `${MAX_STREAMS} streams are open already.`,
        'Close some, or try later.',
      );
    }
    const gone = new AbortController();
    const close = (): void => {
      gone.abort();
    };
    response.on('close', close);
    this.closing.addEventListener('abort', close);
    if (this.closing.aborted) close();
    this.#open += 1;
    try {
      await run(gone.signal);
    } finally {
      this.#open -= 1;
      this.closing.removeEventListener('abort', close);
      response.end();
    }
  }
}

function lastEventId(request: IncomingMessage): number | undefined {
  const given = request.headers['last-event-id'];
  if (given === undefined || given === '') return undefined;
  if (typeof given === 'string' && /^\d{1,15}$/.test(given)) return Number(given);
  throw new ApiRefusal(
    'bad-input',
    'Last-Event-ID: is no sequence of an event.',
    'Leave it out to begin now.',
  );
}

function serverSentEvent(event: EventView): string {
  return `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`;
}
