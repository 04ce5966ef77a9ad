import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { z } from 'zod';

const OwnPackage = z.object({ name: z.literal('build-swarm'), version: z.string() });

/** The version in the swarm's own package.json, in the nearest folder above; `unknown` where there is none. */
export async function agentVersion(from = import.meta.dirname): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      const own = OwnPackage.safeParse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
      if (own.success) return own.data.version;
    } catch {
      // None here, or one that is no JSON: the next folder may have ours.
    }
    if (folder === dirname(folder)) return 'unknown';
  }
}
