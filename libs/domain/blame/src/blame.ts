/** Who is held to be at fault for a failure, until there is evidence for another. */
export type Blame =
  /** The package, if another drone finds the same. */
  | 'package'
  /** The package, which needs more memory than it was given: it gets more, and is narrower (Q10). */
  | 'memory'
  /** The drone alone: what it lacks or what was done to it says nothing of the package. */
  | 'drone'
  /** Nobody: it passes with time (Q6). */
  | 'transient'
  /** The way to the binhost (S22). */
  | 'path'
  /** The plan or its configuration: no drone can change it. */
  | 'plan';

/** Whom a failure of each class is blamed on at first; the classes are those that drones report (DESIGN 6). */
export const blameOf = {
  compile: 'package',
  unknown: 'package',
  timeout: 'package',
  silence: 'package',
  'out-of-memory': 'memory',
  'disk-full': 'drone',
  killed: 'drone',
  fetch: 'transient',
  dependency: 'transient',
  upload: 'path',
  masked: 'plan',
  'use-change': 'plan',
  'slot-conflict': 'plan',
  circular: 'plan',
} as const satisfies Readonly<Record<string, Blame>>;

export type FailureClass = keyof typeof blameOf;

/** What follows from blame, before anything is known of other attempts. */
export interface Consequences {
  /** Counts towards the failures that a job may have; else towards what it may lose (S5: one of the two, always). */
  readonly counts: boolean;
  /** Is held against the drone. */
  readonly strikes: boolean;
  /** Found by two drones, it ends the trying; else the number of failures does. */
  readonly convicts: boolean;
}

export const consequencesOf = {
  package: { counts: true, strikes: true, convicts: true },
  // Each try is narrower than the one before, so two drones that ran out prove nothing of the third.
  memory: { counts: true, strikes: true, convicts: false },
  drone: { counts: false, strikes: true, convicts: false },
  transient: { counts: false, strikes: false, convicts: false },
  path: { counts: false, strikes: false, convicts: false },
  plan: { counts: true, strikes: false, convicts: false },
} as const satisfies Readonly<Record<Blame, Consequences>>;

/**
 * True when two failures are the same finding. What the compiler says is not always understood, and a build that
 * hangs is quiet or merely long; but a drone that is too slow does not confirm a compiler's error.
 */
export function isComparable(one: FailureClass, other: FailureClass): boolean {
  return one === other || (kindOf(one) !== undefined && kindOf(one) === kindOf(other));
}

function kindOf(failure: FailureClass): 'broken' | 'endless' | undefined {
  if (failure === 'compile' || failure === 'unknown') return 'broken';
  if (failure === 'timeout' || failure === 'silence') return 'endless';
  return undefined;
}

/** The class as this code knows it; what a newer drone reports is as good as unknown. */
export function failureClassOf(name: string | null): FailureClass {
  return name !== null && Object.hasOwn(blameOf, name) ? (name as FailureClass) : 'unknown';
}
