import { createHash } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { ConfigurationRef } from '@swarm/contracts';
import { checkConfiguration, type Configuration } from '@swarm/domain-plan';
import type { Logger } from '@swarm/platform';

import type { ConfigurationSource, Missing } from '../ports/configuration-source.js';
import { readIfThere, removeFile, writeDurably } from './durable-file.js';

/** Largest text of a configuration: the checked limit of its files, with every character escaped. */
export const CONFIGURATION_BYTES = 32 * 1024 * 1024;
/** Configurations that stay on this disk. */
const CONFIGURATIONS_CACHED = 20;
const FETCH_TIMEOUT_MS = 60_000;
const SHOWN_ERRORS = 3;
const SUFFIX = '.json';

type Obtained = Awaited<ReturnType<ConfigurationSource['obtain']>>;

/** Fetches a configuration over HTTP and keeps it under its digest, which both are checked against. */
export class HttpConfigurationSource implements ConfigurationSource {
  readonly #fetching = new Map<string, Promise<Obtained>>();

  private constructor(
    private readonly directory: string,
    private readonly logger: Logger,
  ) {}

  static async at(directory: string, logger: Logger): Promise<HttpConfigurationSource> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new HttpConfigurationSource(directory, logger);
  }

  obtain(ref: ConfigurationRef, signal: AbortSignal): Promise<Obtained> {
    const running = this.#fetching.get(ref.digest);
    if (running) return running;
    const fetching = this.#obtain(ref, signal).finally(() => this.#fetching.delete(ref.digest));
    this.#fetching.set(ref.digest, fetching);
    return fetching;
  }

  async #obtain(ref: ConfigurationRef, signal: AbortSignal): Promise<Obtained> {
    const { digest, url } = ref;
    try {
      const file = join(this.directory, `${digest}${SUFFIX}`);
      const cached = await readIfThere(file);
      if (cached !== undefined && digestOf(cached) === digest) return parsed(cached, url);
      if (cached !== undefined) this.logger.warn({ digest, file }, 'damaged configuration fetched anew');
      const text = await fetchText(url, signal);
      if (digestOf(text) !== digest) {
        return missing(`what ${url} gives has the digest ${digestOf(text)}, not ${digest}`, true);
      }
      const configuration = parsed(text, url);
      if (configuration.kind === 'missing') return configuration;
      await writeDurably(file, text);
      await this.#prune();
      this.logger.info({ digest, bytes: Buffer.byteLength(text) }, 'configuration fetched');
      return configuration;
    } catch (error) {
      return missing(`${url} gives no configuration: ${describe(error)}`, true);
    }
  }

  async #prune(): Promise<void> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(SUFFIX));
    if (names.length <= CONFIGURATIONS_CACHED) return;
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.directory, name);
        return { path, writtenAtMs: (await stat(path)).mtimeMs };
      }),
    );
    const surplus = files.sort((a, b) => b.writtenAtMs - a.writtenAtMs).slice(CONFIGURATIONS_CACHED);
    for (const { path } of surplus) await removeFile(path);
  }
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
  });
  if (!response.ok || !response.body) throw new Error(`the answer was ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > CONFIGURATION_BYTES) throw new Error(`it has more than ${CONFIGURATION_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** With the right digest this is what was pushed: no further try would give anything better. */
function parsed(text: string, url: string): Obtained {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return missing(`${url} gives a configuration that is no JSON`, false);
  }
  const checked = checkConfiguration(value);
  if (checked.ok) return obtained(checked.value);
  const errors = checked.error.slice(0, SHOWN_ERRORS).map(({ field, message }) => `${field} ${message}`);
  return missing(`${url} gives a configuration that this drone cannot use: ${errors.join('; ')}`, false);
}

function obtained(configuration: Configuration): Obtained {
  return { kind: 'obtained', configuration };
}

function missing(reason: string, mayPass: boolean): Missing {
  return { kind: 'missing', reason, mayPass };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
