import { LogWritten } from '@swarm/contracts';
import { isOpen, type Attempt } from '@swarm/domain-job';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { LogJoiner } from './log-joiner.js';
import { requireJob } from './read-jobs.js';

export interface LogLimits {
  /** What is stored begins to arrive within this. */
  readonly firstChunkMs: number;
  /** A pause this long means that everything stored has been read. */
  readonly quietMs: number;
  /** A follower looks this often whether its attempt is over without a last chunk. */
  readonly lookEveryMs: number;
}

export const defaultLogLimits: LogLimits = { firstChunkMs: 2_000, quietMs: 500, lookEveryMs: 3_000 };

export interface LogWish {
  readonly id: string;
  /** Default: the latest. */
  readonly attempt?: number | undefined;
  readonly follow: boolean;
}

type Ports = Pick<GatewayPorts, 'jobs' | 'bus'>;

/** The attempt whose log is wanted; refuses where there is none. */
export async function attemptForLog(ports: Ports, { id, attempt }: LogWish): Promise<Attempt> {
  const job = await requireJob(ports, id);
  const attempts = await ports.jobs.attemptsOf(job.id);
  const number = attempt ?? Math.max(0, ...attempts.map((one) => one.number));
  const found = attempts.find((one) => one.number === number);
  if (found) return found;
  throw new ApiRefusal(
    'not-found',
    attempts.length === 0
      ? `${job.spec.cpv} has not been attempted: there is no log.`
      : `attempt: ${job.spec.cpv} has no attempt ${number}.`,
    attempts.length === 0 ? undefined : `Attempts: ${attempts.map((one) => one.number).join(', ')}.`,
  );
}

/** The text of a log as it comes, from its beginning. Ends with the log, or when all that is kept has been read. */
export async function* readLog(
  ports: Ports,
  attempt: Attempt,
  how: { readonly follow: boolean; readonly signal: AbortSignal; readonly limits?: LogLimits },
): AsyncGenerator<string> {
  const { follow, signal, limits = defaultLogLimits } = how;
  const inbox = new Inbox<LogWritten>();
  const where = { job: attempt.jobId, attempt: String(attempt.number) };
  const subscription = await ports.bus.watch(LogWritten, (chunk) => inbox.put(chunk), { where, from: 'all' });
  const joiner = new LogJoiner();
  let isEmpty = true;
  try {
    while (!signal.aborted) {
      const waitMs = follow ? limits.lookEveryMs : isEmpty ? limits.firstChunkMs : limits.quietMs;
      const chunk = await inbox.take(waitMs, signal);
      if (chunk) {
        isEmpty = false;
        yield joiner.take(chunk);
        if (chunk.end) return;
      } else if (!follow || !(await isStillOpen(ports, attempt))) {
        yield* lastWords(await latest(ports, attempt), isEmpty);
        return;
      }
    }
  } finally {
    subscription.stop();
  }
}

async function latest({ jobs }: Ports, { jobId, number }: Attempt): Promise<Attempt | undefined> {
  return (await jobs.attemptsOf(jobId)).find((one) => one.number === number);
}

async function isStillOpen(ports: Ports, attempt: Attempt): Promise<boolean> {
  const now = await latest(ports, attempt);
  return now !== undefined && isOpen(now.state);
}

/** A log without an end says so; one that is gone shows what the ledger kept of it. */
function* lastWords(attempt: Attempt | undefined, isEmpty: boolean): Generator<string> {
  if (!attempt) return;
  if (isEmpty && attempt.logTail !== null) {
    yield `[the log is no longer kept; its last lines:]\n${attempt.logTail}\n`;
  } else if (!isOpen(attempt.state)) {
    const summary = attempt.summary === null ? '' : `: ${attempt.summary}`;
    yield `\n[attempt ${attempt.number} on ${attempt.drone} ended as ${attempt.state}${summary}]\n`;
  }
}

/** Hands what was put in to one taker at a time. */
class Inbox<T> {
  readonly #items: T[] = [];
  #wake: () => void = () => undefined;

  put(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** The next item; undefined after `limitMs` without one, or when the signal aborts. */
  async take(limitMs: number, signal: AbortSignal): Promise<T | undefined> {
    if (this.#items.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, limitMs);
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
        this.#wake = done;
        signal.addEventListener('abort', done);
      });
    }
    return this.#items.shift();
  }
}
