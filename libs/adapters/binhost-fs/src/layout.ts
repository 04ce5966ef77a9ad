import { join } from 'node:path';

/** The two states of a profile's binhost that clients see. */
export const channels = ['staging', 'release'] as const;
export type Channel = (typeof channels)[number];

const profileName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const sha256Name = /^[0-9a-f]{64}$/;
const indexNames = ['Packages', 'Packages.gz'];
const packagePath =
  /^[A-Za-z0-9_][A-Za-z0-9+_.-]*\/[A-Za-z0-9_][A-Za-z0-9+_-]*\/[A-Za-z0-9_][A-Za-z0-9+_.-]*-[1-9]\d*\.(?:gpkg\.tar|xpak)$/;

/** Directory of one profile. Throws on a name that could lead elsewhere: names come from the ledger, so that is a bug. */
export function profileDirectory(root: string, profile: string): string {
  if (!profileName.test(profile)) throw new Error(`not a profile name: ${JSON.stringify(profile)}`);
  return join(root, 'profiles', profile);
}

/** Where an object lies: `objects/ab/<sha256>`. Throws on what is no digest. */
export function objectPath(root: string, sha256: string): string {
  if (!sha256Name.test(sha256)) throw new Error(`not a sha256: ${JSON.stringify(sha256)}`);
  return join(root, 'objects', sha256.slice(0, 2), sha256);
}

/** Uploads in progress. */
export function incomingDirectory(root: string): string {
  return join(root, 'incoming');
}

/** The directory that a channel shows; for releases the link that each promotion moves. */
export function channelDirectory(root: string, profile: string, channel: Channel): string {
  return join(profileDirectory(root, profile), channel === 'staging' ? 'staging' : 'current');
}

/** All generations of a profile, one directory each, by number. */
export function generationsDirectory(root: string, profile: string): string {
  return join(profileDirectory(root, profile), 'generations');
}

/** Whether a client may ask for that path: an index or a package, spelled in the one legal way. */
export function isServable(relative: string): boolean {
  return indexNames.includes(relative) || (relative.length <= 1024 && packagePath.test(relative));
}

/**
 * The file that a request means, or `undefined`. `relative` is the decoded path below the channel.
 * Only spellings of an index or a package pass, so nothing can lead out of the directory.
 */
export function resolvePath(
  root: string,
  where: { readonly profile: string; readonly channel: Channel },
  relative: string,
): string | undefined {
  if (!profileName.test(where.profile) || !isServable(relative)) return undefined;
  return join(channelDirectory(root, where.profile, where.channel), relative);
}
