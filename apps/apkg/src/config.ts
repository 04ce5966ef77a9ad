import { readFile } from 'node:fs/promises';

import { SwarmError } from '@swarm/kernel';
import { z } from 'zod';

/** The file `apkg/config.json`; each field may be left out, an unknown one is a mistake. */
export const ApkgConfig = z.strictObject({
  /** Address of the binhost, as PORTAGE_BINHOST has it. Left out: whatever Portage itself is set to. */
  binhost: z.url({ protocol: /^https?$/, error: 'is no http(s) address' }).optional(),
  /** How emerge is called, e.g. `["doas", "emerge"]`. */
  emerge: z.array(z.string().min(1)).min(1).default(['emerge']),
  /** Added to emerge's environment, e.g. a ROOT of its own. */
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'is no name of a variable'), z.string()).default({}),
});
export type ApkgConfig = z.output<typeof ApkgConfig>;

/** Reads the configuration; a file that is not there is an empty one. */
export async function readApkgConfig(file: string): Promise<ApkgConfig> {
  const text = await readFile(file, 'utf8').catch((failure: unknown) => {
    const error = failure as NodeJS.ErrnoException;
    if (error.code === 'ENOENT') return '{}';
    throw new SwarmError('SWARM_CONFIG', `${file} cannot be read (${error.code ?? error.message}).`, {
      cause: error,
    });
  });
  const parsed = ApkgConfig.safeParse(jsonIn(text, file));
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(mistake).join('; ');
  throw new SwarmError('SWARM_CONFIG', `${file}: ${mistakes}.`, {
    hint: `It may have: ${Object.keys(ApkgConfig.shape).join(', ')}.`,
  });
}

function mistake(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  return `${issue.path.join('.') || 'the file'}: ${issue.message}`;
}

function jsonIn(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SwarmError('SWARM_CONFIG', `${file} is not JSON.`, {
      hint: 'Mend it, or take it away.',
      cause: error,
    });
  }
}
