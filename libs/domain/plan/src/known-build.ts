import { packageOf } from '@swarm/domain-ebuild';

import { differences, type BuildInputs, type RevisionPolicy } from './build-inputs.js';

/** A build that the binhost has. */
export interface KnownBuild {
  readonly buildKey: string;
  readonly inputs: BuildInputs;
  /** Build keys of all that was installed when it was built. */
  readonly needs: readonly string[];
  /** A stage-1 build: good for opening a cycle, never for a release. */
  readonly bootstrap: boolean;
}

/** What the binhost has, by key and by package. */
export interface KnownBuilds {
  readonly byKey: ReadonlyMap<string, KnownBuild>;
  /** `category/name` → its full builds, newest first. */
  readonly byPackage: ReadonlyMap<string, readonly KnownBuild[]>;
}

/** Indexes builds; where two have the same key, the first (newest) counts. */
export function knownBuilds(builds: readonly KnownBuild[]): KnownBuilds {
  const byKey = new Map<string, KnownBuild>();
  const byPackage = new Map<string, KnownBuild[]>();
  for (const build of builds) {
    if (byKey.has(build.buildKey)) continue;
    byKey.set(build.buildKey, build);
    if (build.bootstrap) continue;
    const name = packageOf(build.inputs.cpv);
    const others = byPackage.get(name);
    if (others) others.push(build);
    else byPackage.set(name, [build]);
  }
  return { byKey, byPackage };
}

/** Why a package must be built although the binhost may have builds of it (`candidates`, newest first). */
export function reasonToBuild(
  wanted: BuildInputs,
  candidates: readonly KnownBuild[],
  policy: RevisionPolicy,
): string {
  const slotOf = ({ slot }: BuildInputs): string => slot.split('/')[0] ?? slot;
  const nearest =
    candidates.find(({ inputs }) => inputs.cpv === wanted.cpv) ??
    candidates.find(({ inputs }) => slotOf(inputs) === slotOf(wanted));
  if (!nearest) return 'new';
  const changes = differences(nearest.inputs, wanted, policy);
  return changes.length === 0 ? 'built anew' : changes.join('; ');
}

/** A build of a release that was linked to a library which lost something since. */
export interface BrokenLink {
  readonly cpv: string;
  /** The library, as `category/name:slot`, and what it lost. */
  readonly library: string;
  readonly change: string;
}

/**
 * Members of a release whose build was linked to another build of a library than the release has, where that one lost
 * something they may need (Q15). Members that are not built are passed over.
 */
export function brokenLinks(
  memberKeys: readonly string[],
  known: KnownBuilds,
  abiChange: (beforeKey: string, afterKey: string) => string | undefined,
): BrokenLink[] {
  const members = memberKeys.flatMap((key) => known.byKey.get(key) ?? []);
  const chosen = new Map(members.map((build) => [slottedNameOf(build), build.buildKey]));
  return members.flatMap((build) =>
    relinkedOf(build, known, (slotted) => chosen.get(slotted)).flatMap(
      ({ package: library, before, after }) => {
        const change = abiChange(before, after);
        return change === undefined ? [] : [{ cpv: build.inputs.cpv, library, change }];
      },
    ),
  );
}

function slottedNameOf({ inputs }: KnownBuild): string {
  return `${packageOf(inputs.cpv)}:${inputs.slot.split('/')[0] ?? ''}`;
}

/** A library that a build was linked to, and the build of it that is chosen now. */
export interface Relinked {
  readonly package: string;
  readonly before: string;
  readonly after: string;
}

/**
 * The slot-operator dependencies of a build whose chosen build is another than the one it was built against.
 * `chosen` tells the key that is installed now for `category/name:slot`; undefined when that is not built yet.
 */
export function relinkedOf(
  build: KnownBuild,
  known: KnownBuilds,
  chosen: (slotted: string) => string | undefined,
): Relinked[] {
  if (build.inputs.bound.length === 0) return [];
  const slotted = new Set(build.inputs.bound.map((bound) => bound.slice(0, bound.lastIndexOf('/'))));
  return build.needs.flatMap((before) => {
    const old = known.byKey.get(before);
    if (!old) return [];
    const name = slottedNameOf(old);
    const after = slotted.has(name) ? chosen(name) : undefined;
    return after === undefined || after === before ? [] : [{ package: name, before, after }];
  });
}
