import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { SwarmError } from '@swarm/kernel';

const PROFILES = '/profiles/';
const HINT = 'Say it with --make-profile, e.g. gentoo:default/linux/amd64/23.0.';

/** What make.profile points to, as `repository:path`: a link, or a directory whose `parent` names one profile. */
export async function readMakeProfile(etc: string, from: string): Promise<string> {
  const path = join(etc, 'make.profile');
  const stats = await lstat(path).catch((cause: unknown) => {
    throw new SwarmError('SWARM_USAGE', `${path} is not there.`, { hint: HINT, cause });
  });
  if (stats.isSymbolicLink()) return profileAt(resolve(etc, await readlink(path)), from);
  if (!stats.isDirectory()) throw new SwarmError('SWARM_USAGE', `${path} is no link.`, { hint: HINT });

  const others = (await readdir(path)).filter((name) => name !== 'parent' && name !== 'eapi');
  if (others.length > 0) {
    const named = others.map((name) => `make.profile/${name}`).join(', ');
    throw new SwarmError('SWARM_USAGE', `make.profile is more than a parent: ${named}.`, {
      hint: 'Move these to etc/portage/profile, which Portage reads as well.',
    });
  }
  const text = await readFile(join(path, 'parent'), 'utf8').catch(() => '');
  const parents = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const [parent, ...more] = parents.filter((line) => line !== '');
  if (parent === undefined || more.length > 0) {
    throw new SwarmError('SWARM_USAGE', `${join(path, 'parent')} does not name exactly one profile.`, {
      hint: HINT,
    });
  }
  return /^[\w-]+:/.test(parent) ? parent : profileAt(resolve(path, parent), from);
}

/** `repository:path` of a directory in a repository's `profiles`. */
async function profileAt(directory: string, from: string): Promise<string> {
  const at = directory.indexOf(PROFILES);
  const root = directory.slice(0, at);
  const path = directory.slice(at + PROFILES.length).replace(/\/+$/, '');
  if (at < 0 || path === '') {
    throw new SwarmError('SWARM_USAGE', `make.profile points to ${directory}, which is no profile.`, {
      hint: HINT,
    });
  }
  // An absolute link of a system that is mounted elsewhere is meant from that system's root.
  const name = (await nameOf(root)) ?? (await nameOf(join(from, root))) ?? basename(root);
  return `${name}:${path}`;
}

async function nameOf(repository: string): Promise<string | undefined> {
  const text = await readFile(join(repository, 'profiles', 'repo_name'), 'utf8').catch(() => '');
  const name = text.split('\n')[0]?.trim();
  return name === '' ? undefined : name;
}
