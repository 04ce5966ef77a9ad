import { SwarmError } from '@swarm/kernel';
import { retry, type BackoffPolicy } from '@swarm/platform';

/** How long the binhost may take to begin its answer, and to give the head of the index. */
export const CHECK_LIMIT_MS = 10_000;
/** The head of an index is far smaller; what is longer is no index. */
const MAX_HEAD_BYTES = 64 * 1024;
/** Answers of a server that is there and cannot serve now. */
const PASSING_STATUSES = [500, 502, 503, 504];

/** What the head of `Packages` tells. */
export interface BinhostHead {
  readonly packages: number;
  readonly at: Date;
}

export interface CheckOptions {
  readonly backoff: BackoffPolicy;
  /** Told before each pause. */
  readonly onRetry: (reason: string, delayMs: number) => void;
  readonly limitMs?: number;
}

/** Reads the head of the binhost's index, trying again while the network fails; rejects with a SwarmError. */
export async function checkBinhost(
  binhost: string,
  { backoff, onRetry, limitMs = CHECK_LIMIT_MS }: CheckOptions,
): Promise<BinhostHead> {
  const address = `${binhost.replace(/\/+$/, '')}/Packages`;
  return retry(() => readHead(address, limitMs), {
    ...backoff,
    isTransient: (error) => error instanceof SwarmError && error.code === 'SWARM_UNREACHABLE',
    onFailure: ({ error, delayMs }) => {
      onRetry(error instanceof Error ? error.message : String(error), delayMs);
    },
  });
}

async function readHead(address: string, limitMs: number): Promise<BinhostHead> {
  const url = withoutCredentials(address);
  const response = await fetch(url, {
    headers: { 'User-Agent': 'apkg', 'Cache-Control': 'no-cache', ...authorization(address) },
    signal: AbortSignal.timeout(limitMs),
  }).catch((error: unknown) => Promise.reject(unreachable(url, reasonOf(error, limitMs))));
  if (!response.ok) {
    await response.body?.cancel();
    throw refused(url, response.status);
  }
  const head = await headOf(response).catch((error: unknown) =>
    Promise.reject(unreachable(url, reasonOf(error, limitMs))),
  );
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(head)?.[1];
  const timestamp = Number(field('TIMESTAMP'));
  if (field('VERSION') !== '0' || !Number.isInteger(timestamp)) {
    throw new SwarmError('SWARM_FAILED', `${url} is no index of binary packages.`, {
      hint: 'Look at `binhost` in the configuration: it names a profile of the binhost.',
    });
  }
  return { packages: Number(field('PACKAGES') ?? 0), at: new Date(timestamp * 1000) };
}

/** Portage understands `http://user:password@host`; fetch wants it apart. */
function authorization(address: string): Record<string, string> {
  const { username, password } = new URL(address);
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** An address as it may be shown. */
export function withoutCredentials(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//');
}

/** Text up to the first empty line. */
async function headOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    // Leaving the loop cancels the rest of the download.
    if (text.includes('\n\n') || text.length > MAX_HEAD_BYTES) break;
  }
  return text.split('\n\n')[0] ?? '';
}

function refused(url: string, status: number): SwarmError {
  if (PASSING_STATUSES.includes(status)) return unreachable(url, `HTTP ${status}`);
  return new SwarmError('SWARM_FAILED', `${url} is not there (HTTP ${status}).`, {
    hint:
      status === 404
        ? 'The profile may have no release yet, or `binhost` names the wrong one.'
        : 'Look at `binhost` in the configuration.',
  });
}

function unreachable(url: string, reason: string): SwarmError {
  return new SwarmError('SWARM_UNREACHABLE', `The binhost does not answer at ${url} (${reason}).`, {
    hint: 'Is the network up, and is the binhost running?',
  });
}

/** The code of a failed connection, or what else `fetch` says. */
function reasonOf(error: unknown, limitMs: number): string {
  const { name, message, cause } = error as Partial<Error> & { readonly cause?: { readonly code?: string } };
  if (name === 'TimeoutError') return `nothing within ${limitMs / 1000} s`;
  return cause?.code ?? message ?? String(error);
}
