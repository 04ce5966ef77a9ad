import { matchesAtom, parseAtom, parseSlot, splitCpv, type Cpv } from '@swarm/domain-ebuild';
import type { JobSpec } from '@swarm/domain-job';
import { err, ok, type Result } from '@swarm/kernel';

/** What is known of a package that somebody may mean; a member of a release has no more than its CPV. */
export type NamedPackage = Pick<JobSpec, 'cpv'> & Partial<Pick<JobSpec, 'slot' | 'repository' | 'use'>>;

/** True for a package that is meant. */
export type PackageTest = (named: NamedPackage) => boolean;

const NAME = /^\w[\w+-]*$/;

/**
 * What a person means: an atom (PMS 8.2.6), a CPV without `=`, or a name without its category. The error says what is
 * wrong, and in which column.
 */
export function packageTest(text: string): Result<PackageTest, string> {
  if (NAME.test(text)) return ok(({ cpv }) => splitOf(cpv, text)?.pn === text);
  const exact = splitCpv(text);
  if (exact.ok) return ok(({ cpv }) => cpv === text);
  const atom = parseAtom(text);
  if (!atom.ok) return err(`"${text}" is no atom: column ${atom.error.column}: ${atom.error.message}`);
  const { name, blocker, use: demands } = atom.value;
  if (blocker !== undefined) return err(`"${text}" is a blocker; name the package that you want`);
  return ok(({ cpv, slot = '', repository, use = [] }) => {
    const split = splitOf(cpv, name);
    if (!split) return false;
    const known = parseSlot(slot);
    return matchesAtom(atom.value, {
      cpv: split,
      ...(known.ok ? known.value : { slot, subslot: slot }),
      repository,
      use: new Set(use),
      // Only enabled flags are on record: one that is asked for is taken to be known.
      iuse: new Set([...use, ...demands.map(({ flag }) => flag)]),
    });
  });
}

/** Splits only what can be meant: boards are large. */
function splitOf(
  cpv: Cpv,
  part: string,
): Extract<ReturnType<typeof splitCpv>, { ok: true }>['value'] | undefined {
  if (!cpv.includes(part)) return undefined;
  const split = splitCpv(cpv);
  return split.ok ? split.value : undefined;
}
