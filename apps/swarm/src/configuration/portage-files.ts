import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { MAX_FILE_CHARACTERS } from '@swarm/domain-plan';
import { SwarmError } from '@swarm/kernel';

/** Bytes of one character, at most. */
const MAX_CHARACTER_BYTES = 4;
/** Deepest directory below etc/portage. */
const MAX_DEPTH = 20;
/** Mistakes that are named before the rest is only counted. */
const MAX_NAMED = 20;

/**
 * What differs from machine to machine and never is a part of a profile: where repositories lie and binaries come
 * from (the swarm says both), and whose keys are trusted. make.profile is a field of its own.
 */
const MACHINES_OWN = ['repos.conf', 'binrepos.conf', 'gnupg', 'make.profile'];

type Note = (line: string) => void;

interface Found {
  readonly path: string;
  readonly text: string;
}

/** All text files below etc/portage; refuses those that are binary or cannot be read, each by its name. */
export async function readPortageFiles(
  etc: string,
  leaveOut: readonly string[],
  note: Note,
): Promise<Readonly<Record<string, string>>> {
  const without = new Set([...MACHINES_OWN, ...leaveOut.map((path) => path.replace(/\/+$/, ''))]);
  const mistakes: string[] = [];
  const leftOut: string[] = [];
  const found: Found[] = [];
  const visit = async (directory: string, above: readonly string[]): Promise<void> => {
    const here = join(etc, directory);
    const real = await realpath(here);
    // A link back up would be read for ever.
    if (above.includes(real) || above.length > MAX_DEPTH) {
      mistakes.push(`${here} leads back to a directory above it`);
      return;
    }
    for (const name of (await readdir(here)).sort()) {
      const path = directory === '' ? name : `${directory}/${name}`;
      if (without.has(path) || isIgnored(name)) leftOut.push(path);
      else await take(path, [...above, real]);
    }
  };
  const take = async (path: string, above: readonly string[]): Promise<void> => {
    try {
      const stats = await stat(join(etc, path));
      if (stats.isDirectory()) await visit(path, above);
      else if (!stats.isFile()) mistakes.push(`${join(etc, path)} is neither a file nor a directory`);
      else if (stats.size > MAX_FILE_CHARACTERS * MAX_CHARACTER_BYTES)
        mistakes.push(`${join(etc, path)} is too large`);
      else found.push({ path, text: await readText(join(etc, path)) });
    } catch (error) {
      mistakes.push(`${join(etc, path)} ${reasonOf(error)}`);
    }
  };
  await visit('', []).catch((error: unknown) => {
    throw new SwarmError('SWARM_USAGE', `${etc} ${reasonOf(error)}.`, {
      hint: 'Give --from a directory that has etc/portage.',
      cause: error,
    });
  });
  refuse(mistakes);
  const own = leftOut.filter((path) => path !== 'make.profile');
  if (own.length > 0) note(`left out: ${own.join(', ')}`);
  return Object.fromEntries(found.map(({ path, text }) => [path, text]));
}

/** Editors' files and bookkeeping, which Portage does not read either. */
function isIgnored(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~');
}

class NotText extends Error {}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.includes(0)) throw new NotText();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new NotText(undefined, { cause });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotText) return 'is binary: only text in UTF-8 can be pushed';
  const { code = 'unknown' } = error as { readonly code?: string };
  return code === 'ENOENT' ? 'is not there, or leads nowhere' : `cannot be read (${code})`;
}

function refuse(mistakes: readonly string[]): void {
  if (mistakes.length === 0) return;
  const named = mistakes.slice(0, MAX_NAMED).map((mistake) => `\n  ${mistake}`);
  const rest = mistakes.length - named.length;
  const more = rest > 0 ? `\n  and ${rest} more` : '';
  throw new SwarmError('SWARM_USAGE', `Not everything can be pushed:${named.join('')}${more}\n`, {
    hint: '--leave-out <path below etc/portage> pushes the rest.',
  });
}
