import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Machine } from './machine.model.js';
import { parsePackagesIndex, type PackagesIndex } from './packages-index.js';

const FETCH_TIMEOUT_MS = 60_000;

/** Reads a binhost's index over HTTP; rejects when the server does not answer with one. */
export async function fetchIndex(binhostUrl: string, signal?: AbortSignal): Promise<PackagesIndex> {
  const timeout = AbortSignal.timeout(FETCH_TIMEOUT_MS);
  const url = `${binhostUrl.replace(/\/+$/, '')}/Packages`;
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return parsePackagesIndex(await response.text());
}

/**
 * Makes emerge fetch the index anew. Its own freshness check misses changes within five seconds,
 * and takes two servers on one host for the same if only their ports differ (Portage 3.0.82).
 */
export async function forgetCachedIndex({ paths }: Machine): Promise<void> {
  await rm(join(paths.root, 'var', 'cache', 'edb', 'binhost'), { recursive: true, force: true });
}
