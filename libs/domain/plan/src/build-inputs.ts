import { packageOf, type Cpv } from '@swarm/domain-ebuild';

/**
 * How closely a binary must come from the ebuild that a plan names.
 * `version`: the same CPV, whatever its ebuild says; `dependencies` (the default, as `emerge --changed-deps`): with the
 * same dependency strings; `ebuild`: from the very same ebuild, files and eclasses.
 */
export type RevisionPolicy = 'version' | 'dependencies' | 'ebuild';

/** Everything that decides one binary. Two builds with equal inputs are one build (S33). */
export interface BuildInputs {
  readonly cpv: Cpv;
  /** Slot with sub-slot, e.g. `0/70`. */
  readonly slot: string;
  readonly repository: string;
  /** Enabled flags out of IUSE, sorted. */
  readonly use: readonly string[];
  /** Flags that the package knows, sorted; says what a USE dependency means, and decides nothing of the binary. */
  readonly iuse: readonly string[];
  readonly eapi: string;
  /** Raw dependency strings by class, white space normalised. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** What its slot operators bind to: `category/name:slot/sub-slot`, sorted. */
  readonly bound: readonly string[];
  /** Digest of the ebuild, its files and its eclasses; empty where nobody could tell. */
  readonly source: string;
  /** Variables that decide the ABI, e.g. CFLAGS, CHOST. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The inputs as one line, to be digested into a build key. Only what the policy lets decide is in it. */
export function keyText(inputs: BuildInputs, policy: RevisionPolicy, bootstrap = false): string {
  // Joined by hand: a list of parts for each of tens of thousands of packages costs more than the digest.
  let text = `${inputs.cpv}|slot=${inputs.slot}|repository=${inputs.repository}|use=${inputs.use.join(' ')}`;
  if (policy !== 'version') text += entriesOf(inputs.dependencies);
  text += `|bound=${inputs.bound.join(' ')}`;
  if (policy === 'ebuild') text += `|source=${inputs.source}`;
  text += entriesOf(inputs.environment);
  // A stage-1 binary must never stand in for a full one, whatever its flags (S11).
  return bootstrap ? `${text}|bootstrap` : text;
}

/** What differs between a build that is there and the one that is wanted, each in a few words; empty if nothing does. */
export function differences(before: BuildInputs, after: BuildInputs, policy: RevisionPolicy): string[] {
  return [
    ...changed('version', versionOf(before), versionOf(after)),
    ...changed('slot', before.slot, after.slot),
    ...changed('repository', before.repository, after.repository),
    ...flagChanges(before.use, after.use),
    ...boundChanges(before.bound, after.bound),
    ...(policy === 'version' ? [] : mapChanges(before.dependencies, after.dependencies)),
    ...(policy === 'ebuild' && before.source !== after.source ? ['the ebuild or its files changed'] : []),
    ...Object.keys({ ...before.environment, ...after.environment })
      .sort()
      .flatMap((name) =>
        changed(name, before.environment[name] ?? 'unset', after.environment[name] ?? 'unset'),
      ),
  ];
}

function entriesOf(record: Readonly<Record<string, string>>): string {
  const names = Object.keys(record);
  if (names.length > 1) names.sort();
  let text = '';
  for (const name of names) text += `|${name}=${record[name] ?? ''}`;
  return text;
}

function versionOf({ cpv }: BuildInputs): string {
  return cpv.slice(packageOf(cpv).length + 1);
}

function changed(what: string, before: string, after: string): string[] {
  return before === after ? [] : [`${what} ${before} → ${after}`];
}

function flagChanges(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  const flips = [
    ...after.filter((flag) => !was.has(flag)).map((flag) => `+${flag}`),
    ...before.filter((flag) => !is.has(flag)).map((flag) => `-${flag}`),
  ];
  return flips.length === 0 ? [] : [`USE changed: ${flips.join(' ')}`];
}

/** `dev-libs/icu:0/70` → `dev-libs/icu:0/71` is a new sub-slot; anything else is another binding. */
function boundChanges(before: readonly string[], after: readonly string[]): string[] {
  const split = (bound: string): [string, string] => {
    const slash = bound.lastIndexOf('/');
    return [bound.slice(0, slash), bound.slice(slash + 1)];
  };
  const was = new Map(before.map(split));
  const is = new Map(after.map(split));
  const moved = [...is].flatMap(([slot, subslot]) => {
    const old = was.get(slot);
    if (old === undefined) return [`bound to ${slot}/${subslot}`];
    return old === subslot ? [] : [`sub-slot of ${slot.replace(/:0$/, '')} ${old} → ${subslot}`];
  });
  const gone = [...was.keys()].filter((slot) => !is.has(slot)).map((slot) => `no longer bound to ${slot}`);
  return [...moved, ...gone];
}

function mapChanges(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  return Object.keys({ ...before, ...after })
    .sort()
    .filter((name) => (before[name] ?? '') !== (after[name] ?? ''))
    .map((name) => `${name} changed`);
}
