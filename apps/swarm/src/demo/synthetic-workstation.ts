import { createHash } from 'node:crypto';

import { SwarmError } from '@swarm/kernel';

/** What can be checked of a binhost of synthetic packages: each file is there, whole, and as the index says. */
export async function checkSyntheticBinhost(binhostUrl: string): Promise<readonly string[]> {
  const index = await textOf(`${binhostUrl}/Packages`);
  const entries = index
    .split(/\n\n+/)
    .map(fieldsOf)
    .filter((entry) => entry.has('CPV'));
  for (const entry of entries) await checkFile(binhostUrl, entry);
  return entries.map((entry) => entry.get('CPV') ?? '');
}

async function checkFile(binhostUrl: string, entry: ReadonlyMap<string, string>): Promise<void> {
  const path = entry.get('PATH') ?? '';
  const response = await fetch(`${binhostUrl}/${path}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const sha1 = createHash('sha1').update(bytes).digest('hex');
  if (response.ok && String(bytes.length) === entry.get('SIZE') && sha1 === entry.get('SHA1')) return;
  throw new SwarmError('SWARM_FAILED', `${path} is not what the index says.`);
}

async function textOf(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new SwarmError('SWARM_FAILED', `${url} answers ${response.status}.`);
  return response.text();
}

function fieldsOf(block: string): ReadonlyMap<string, string> {
  return new Map(
    block.split('\n').flatMap((line) => {
      const at = line.indexOf(': ');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 2)] as const];
    }),
  );
}
