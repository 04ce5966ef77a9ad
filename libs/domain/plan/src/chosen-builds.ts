import { keyText, type RevisionPolicy } from './build-inputs.js';
import { reasonToBuild, relinkedOf, type KnownBuilds } from './known-build.js';
import type { PackageGraph, PackageNode } from './package-graph.js';

/** What is known of the binhost, and how exact a build must be to be used again. */
export interface ReuseRules {
  readonly known: KnownBuilds;
  readonly policy: RevisionPolicy;
  /** Makes a short key of all the inputs of a build; a cryptographic hash, in hex. */
  readonly digest: (inputs: string) => string;
  /**
   * What programs lose that were linked to one build of a library and find another, in words; undefined when they
   * lose nothing, or when nobody knows (then the sub-slot alone decides, as in Portage).
   */
  readonly abiChange: (beforeKey: string, afterKey: string) => string | undefined;
}

/** What becomes of one package of a plan. */
export interface Choice {
  readonly buildKey: string;
  /** Empty when the binhost has it already; else why it is built. */
  readonly why: string;
}

/**
 * Decides for each package whether a build that is there serves. `order` has libraries before what is linked to them,
 * so that a library that was rebuilt with another ABI is seen by all that use it (Q15, S33).
 */
export function chooseBuilds(
  { nodes }: PackageGraph,
  order: readonly number[],
  rules: ReuseRules,
): readonly Choice[] {
  const choices = new Map<number, Choice>();
  const keyAt = new Map<string, string>();
  for (const node of order) {
    const found = nodes[node];
    if (!found) continue;
    const choice = choiceOf(found, rules, (slotted) => keyAt.get(slotted));
    choices.set(node, choice);
    // What is still to be built has no ABI yet.
    if (choice.why === '') keyAt.set(`${found.name}:${found.package.slot}`, choice.buildKey);
  }
  return nodes.map((_node, i) => choices.get(i) ?? { buildKey: '', why: 'unknown' });
}

function choiceOf(
  { name, inputs }: PackageNode,
  { known, policy, digest, abiChange }: ReuseRules,
  chosen: (slotted: string) => string | undefined,
): Choice {
  const text = keyText(inputs, policy);
  const buildKey = digest(text);
  const build = known.byKey.get(buildKey);
  if (!build) return { buildKey, why: reasonToBuild(inputs, known.byPackage.get(name) ?? [], policy) };
  const broken = relinkedOf(build, known, chosen).flatMap((relinked) => {
    const change = abiChange(relinked.before, relinked.after);
    return change === undefined ? [] : [{ ...relinked, change }];
  });
  if (broken.length === 0) return { buildKey, why: '' };
  // The same inputs against another ABI make another binary, which needs a key of its own.
  const relinkedKey = digest(
    `${text}|relinked=${broken
      .map(({ after }) => after)
      .sort()
      .join(' ')}`,
  );
  if (known.byKey.has(relinkedKey)) return { buildKey: relinkedKey, why: '' };
  const why = broken.map(({ package: library, change }) => `ABI of ${library.replace(/:0$/, '')}: ${change}`);
  return { buildKey: relinkedKey, why: why.join('; ') };
}
