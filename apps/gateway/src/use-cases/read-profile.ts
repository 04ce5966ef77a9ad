import type { ProfileDiff, ProfileVersionSummary, ProfileVersionView } from '@swarm/contracts';
import {
  diffConfigurations,
  type Configuration,
  type Profile,
  type ProfileVersion,
  type VersionSummary,
} from '@swarm/domain-plan';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { unknownProfile } from './read-fleet.js';
import { configurationView, versionSummary } from './version-views.js';

type Ports = Pick<GatewayPorts, 'profiles'>;

/** What the first version is compared with. */
const NOTHING: Configuration = { files: {}, makeProfile: '', world: [], repositories: [] };

/** The profile, or a refusal that names those there are. */
export async function requireProfile({ profiles }: Ports, name: string): Promise<Profile> {
  const found = await profiles.find(name);
  if (found) return found;
  const known = (await profiles.all()).map((profile) => profile.name);
  throw unknownProfile(name, known);
}

/** Versions of a profile, newest first. */
export async function readVersions(ports: Ports, name: string): Promise<ProfileVersionSummary[]> {
  await requireProfile(ports, name);
  const versions = await ports.profiles.versions(name);
  const newest = versions[0]?.number;
  return versions.map((version) => versionSummary(version, newest));
}

/** One version with its configuration, by number, digest (or its first digits) or `current`. */
export async function readVersion(ports: Ports, name: string, wanted: string): Promise<ProfileVersionView> {
  await requireProfile(ports, name);
  const known = await ports.profiles.versions(name);
  const { configuration, ...version } = await wholeVersion(ports, versionNamed(known, name, wanted));
  return {
    ...versionSummary(version, known[0]?.number),
    configuration: configurationView(configuration),
  };
}

/** What changed between two versions; without `from`, since the one before `to`. */
export async function diffVersions(
  ports: Ports,
  { name, from, to }: { readonly name: string; readonly from?: string | undefined; readonly to: string },
): Promise<ProfileDiff> {
  await requireProfile(ports, name);
  const known = await ports.profiles.versions(name);
  const after = versionNamed(known, name, to);
  const before =
    from === undefined
      ? known.find(({ number }) => number === after.number - 1)
      : versionNamed(known, name, from);
  const newest = known[0]?.number;
  const old = before ? (await wholeVersion(ports, before)).configuration : NOTHING;
  const young = (await wholeVersion(ports, after)).configuration;
  const { files, world, repositories, repositoryOrder, makeProfile } = diffConfigurations(old, young);
  return {
    from: before ? versionSummary(before, newest) : null,
    to: versionSummary(after, newest),
    changes: {
      files: files.map((file) => ({ ...file, lines: [...file.lines] })),
      world: [...world],
      repositories: [...repositories],
      repositoryOrder: repositoryOrder ? [...repositoryOrder] : null,
      makeProfile,
    },
  };
}

/** `known` are newest first, so a digest that was pushed twice means its newest version. */
function versionNamed(known: readonly VersionSummary[], profile: string, wanted: string): VersionSummary {
  const [newest] = known;
  if (!newest) {
    throw new ApiRefusal(
      'not-found',
      `version: nothing was pushed to profile "${profile}" yet.`,
      `\`swarm profile push ${profile}\` pushes the first version.`,
    );
  }
  if (wanted === 'current') return newest;
  const isNumber = /^\d{1,9}$/.test(wanted);
  const found = known.filter(({ number, digest }) =>
    isNumber ? String(number) === wanted : digest.startsWith(wanted),
  );
  const [version] = found;
  if (!version) {
    throw new ApiRefusal(
      'not-found',
      `version: profile "${profile}" has no version ${wanted}.`,
      `GET /api/v1/profiles/${profile}/versions lists them.`,
    );
  }
  if (found.some(({ digest }) => digest !== version.digest)) {
    throw new ApiRefusal(
      'bad-input',
      `version: ${wanted} is the beginning of several digests.`,
      'Give more of it.',
    );
  }
  return version;
}

async function wholeVersion(
  { profiles }: Ports,
  { profile, number }: VersionSummary,
): Promise<ProfileVersion> {
  const found = await profiles.numbered(profile, number);
  if (!found) throw new Error(`version ${number} of profile ${profile} is in the list and not in the ledger`);
  return found;
}
