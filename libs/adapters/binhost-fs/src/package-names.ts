import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { type BinpkgFormat, type PackageName, indexPath } from '@swarm/domain-binpkg';

import { createFile, makeDirectory, unlessMissing } from './durable-files.js';

/** Tries before giving up on a free name; only other processes can make a try fail. */
const maxAttempts = 100;

/** What a name is asked for. */
export interface NameRequest {
  readonly cpv: PackageName;
  readonly format: BinpkgFormat;
  readonly sha256: string;
  /** The name that the ledger remembers, if it does. */
  readonly path?: string;
}

/**
 * Gives an object its path in a profile, `cat/pn/pf-N.gpkg.tar`, durably and for ever: the same object always gets the same path,
 * and no path ever stands for a second object, even after the first is gone, because clients may still hold an index that names it.
 * Throws when the ledger's path is already another object's.
 */
export async function reserveName(profileDirectory: string, request: NameRequest): Promise<string> {
  const names = join(profileDirectory, 'names');
  if (request.path !== undefined) return reserveKnown(names, request.path, request.sha256);
  const { cpv, format, sha256 } = request;
  const directory = dirname(join(names, indexPath(cpv, 1, format)));
  await makeDirectory(directory);
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const taken = await takenInstances(directory, cpv.pf);
    const own = taken.find((instance) => instance.sha256 === sha256);
    if (own !== undefined) return `${cpv.category}/${cpv.pn}/${own.name}`;
    const path = indexPath(cpv, Math.max(0, ...taken.map((instance) => instance.number)) + 1, format);
    if (await createFile(join(names, path), `${sha256}\n`)) return path;
  }
  throw new Error(`no free name for ${cpv.cpv} after ${maxAttempts} attempts`);
}

/** The object that a path stands for, if any. */
export async function objectNamed(profileDirectory: string, path: string): Promise<string | undefined> {
  return (await unlessMissing(readFile(join(profileDirectory, 'names', path), 'utf8')))?.trim();
}

async function reserveKnown(names: string, path: string, sha256: string): Promise<string> {
  await makeDirectory(dirname(join(names, path)));
  if (await createFile(join(names, path), `${sha256}\n`)) return path;
  const owner = (await readFile(join(names, path), 'utf8')).trim();
  if (owner !== sha256) throw new Error(`${path} stands for ${owner}, not for ${sha256}`);
  return path;
}

interface Instance {
  readonly name: string;
  readonly number: number;
  readonly sha256: string;
}

async function takenInstances(directory: string, pf: string): Promise<readonly Instance[]> {
  const instances: Instance[] = [];
  for (const name of await readdir(directory)) {
    const match = /^-(?<number>[1-9]\d*)\.(?:gpkg\.tar|xpak)$/.exec(name.slice(pf.length));
    const number = match?.groups?.['number'];
    if (!name.startsWith(pf) || number === undefined) continue;
    const sha256 = (await readFile(join(directory, basename(name)), 'utf8')).trim();
    instances.push({ name, number: Number(number), sha256 });
  }
  return instances;
}
