import type { PlanParent, PlanProblem, Remedy } from './plan-document.js';

/** Something about a plan that a person may have to settle. */
export interface Finding {
  /** Short and stable: the same finding of the next plan has the same id. */
  readonly id: string;
  readonly kind: string;
  /** One sentence: what, and which packages. */
  readonly text: string;
  /** CPVs that are not planned, or not as they were wanted, because of it. */
  readonly packages: readonly string[];
  /** Who asks for what cannot be had. */
  readonly parents: readonly PlanParent[];
  /** Lines for files under `etc/portage`; any one of them would settle it. */
  readonly remedies: readonly Remedy[];
}

const ID_DIGITS = 8;

/** Makes the id of a finding from what it is about; the words may change between versions, the id does not. */
export function findingOf(
  digest: (text: string) => string,
  about: PlanProblem,
  key: readonly string[] = [],
): Finding {
  const identity = key.length > 0 ? key : [about.text];
  const id = `${about.kind}-${digest([about.kind, ...identity].join('|')).slice(0, ID_DIGITS)}`;
  return { id, ...about };
}
