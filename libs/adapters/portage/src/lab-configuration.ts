import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalText, type Configuration } from '@swarm/domain-plan';

import type { EbuildRepository } from './machine.model.js';
import { makeConf } from './make-conf.js';
import { treeDigest } from './tree-digest.js';

const WORLD_SET = 'world';

/** How the lab is built, on whatever machine. */
const makeVariables: Readonly<Record<string, string>> = {
  CFLAGS: '-O2 -pipe',
  CXXFLAGS: '-O2 -pipe',
  BINPKG_FORMAT: 'gpkg',
  GENTOO_MIRRORS: '',
  CLEAN_DELAY: '0',
  EMERGE_WARNING_DELAY: '0',
};

/**
 * The configuration of the lab, as a value: its make.conf, its sets, its world, and its repository pinned to the
 * state in which it is now.
 */
export async function labConfiguration(repository: EbuildRepository): Promise<Configuration> {
  const files: Record<string, string> = { 'make.conf': makeConf(makeVariables) };
  let world: readonly string[] = [];
  for (const set of (await readdir(repository.setsDir)).sort()) {
    const text = await readFile(join(repository.setsDir, set), 'utf8');
    if (set === WORLD_SET) world = entriesOf(text);
    else files[`sets/${set}`] = text;
  }
  return {
    files,
    makeProfile: `${repository.name}:${repository.profile}`,
    world,
    repositories: [
      {
        name: repository.name,
        source: { kind: 'directory', path: repository.location },
        revision: `tree:${await treeDigest(repository.location)}`,
      },
    ],
  };
}

/** The identity of a configuration: the SHA-256 of its canonical text, in hex. */
export function configurationDigest(configuration: Configuration): string {
  return createHash('sha256').update(canonicalText(configuration)).digest('hex');
}

function entriesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
