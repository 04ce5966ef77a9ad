import { compareAbi } from '@swarm/domain-binpkg';
import type { StoredBuild } from '@swarm/domain-release';

/** Longest list of lost symbols in one reason. */
const MAX_CHANGES_NAMED = 3;

/** What programs lose between two builds of a library, as far as their ABIs were recorded. */
export function abiChanges(
  known: readonly StoredBuild[],
): (beforeKey: string, afterKey: string) => string | undefined {
  const abis = new Map(known.map(({ buildKey, abi }) => [buildKey, abi]));
  return (beforeKey, afterKey) => {
    const [before, after] = [abis.get(beforeKey), abis.get(afterKey)];
    if (!before || !after) return undefined;
    const { compatible, changes } = compareAbi(before, after);
    return compatible ? undefined : changes.slice(0, MAX_CHANGES_NAMED).join(', ');
  };
}
