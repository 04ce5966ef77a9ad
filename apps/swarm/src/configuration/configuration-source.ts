import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { checkConfiguration, type Configuration, type RepositoryPin } from '@swarm/domain-plan';
import { SwarmError } from '@swarm/kernel';

import { readMakeProfile } from './make-profile.js';
import { readPortageFiles } from './portage-files.js';
import { pinRepository } from './repository-pin.js';

/** Where a configuration is read from. */
export interface ConfigurationSource {
  /** A directory with `etc/portage`. */
  readonly from: string;
  /** A world file; undefined: Portage's own, and its sets, below `from`. */
  readonly world?: string | undefined;
  /** `name=place[@revision]`, the main repository first. */
  readonly repositories: readonly string[];
  /** `repository:path`; undefined: what make.profile says. */
  readonly makeProfile?: string | undefined;
  /** Paths below etc/portage that are not pushed. */
  readonly leaveOut: readonly string[];
}

/** A configuration as it was found, and what a person should know of it. */
export interface FoundConfiguration {
  readonly configuration: Configuration;
  readonly notes: readonly string[];
}

/** Reads a whole configuration from a directory like `/`; refuses with every mistake in it, by name. */
export async function readConfiguration(source: ConfigurationSource): Promise<FoundConfiguration> {
  const { from, repositories, leaveOut } = source;
  const notes: string[] = [];
  const note = (line: string): void => {
    notes.push(line);
  };
  if (repositories.length === 0) {
    throw new SwarmError('SWARM_USAGE', 'No repository is named, and a configuration has at least one.', {
      hint: 'Give --repository gentoo=<git URL or directory>, the main one first.',
    });
  }
  const etc = join(resolve(from), 'etc', 'portage');
  const files = await readPortageFiles(etc, leaveOut, note);
  const pins: RepositoryPin[] = [];
  for (const text of repositories) pins.push(await pinRepository(text, note));
  const makeProfile = source.makeProfile ?? (await readMakeProfile(etc, resolve(from)));
  const world = await readWorld(source);
  return { configuration: checked({ files, makeProfile, world, repositories: pins }), notes };
}

/** A configuration as JSON, by itself or in a version as `swarm profile show --json` prints it. */
export async function readConfigurationFile(path: string): Promise<Configuration> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const value = jsonIn(path, text);
  if (typeof value === 'object' && value !== null && 'configuration' in value) {
    return checked(value.configuration);
  }
  return checked(value);
}

function jsonIn(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SwarmError('SWARM_USAGE', `${path} is not JSON.`, { cause });
  }
}

export function unreadable(path: string, cause: unknown): SwarmError {
  const { code = 'unknown' } = cause as { readonly code?: string };
  return new SwarmError('SWARM_USAGE', `${path} cannot be read (${code}).`, { cause });
}

function checked(value: unknown): Configuration {
  const result = checkConfiguration(value);
  if (result.ok) return result.value;
  const mistakes = result.error.map(({ field, message }) => `\n  ${field}: ${message}`).join('');
  throw new SwarmError('SWARM_USAGE', `The configuration cannot be pushed:${mistakes}\n`);
}

async function readWorld({ from, world }: ConfigurationSource): Promise<readonly string[]> {
  if (world !== undefined) return linesOfWorld(world);
  const portage = join(resolve(from), 'var', 'lib', 'portage');
  try {
    const atoms = await linesOfWorld(join(portage, 'world'));
    const sets = await readFile(join(portage, 'world_sets'), 'utf8').catch(() => '');
    return [...atoms, ...entriesOf(sets)];
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    throw new SwarmError(error.code, error.message, {
      hint: 'Name a world file with --world; /dev/null is an empty one.',
      cause: error,
    });
  }
}

async function linesOfWorld(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return entriesOf(text);
}

/** Lines without comments, each once. */
function entriesOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}
