/** Why one drone does not come into question. */
export interface Exclusion {
  readonly drone: string;
  readonly because: string;
}

/** Why a job that could be built is not being given to anybody. */
export type NotPlaced =
  | { readonly kind: 'delayed'; readonly until: Date }
  | { readonly kind: 'no-drone'; readonly profile: string; readonly excluded: readonly Exclusion[] }
  | {
      readonly kind: 'no-free-slot';
      readonly drones: readonly string[];
      /** When the first of them can be expected to be free. */
      readonly freeInMs: number;
      readonly excluded: readonly Exclusion[];
    }
  /** A drone that is busy ends it sooner than one that is free. */
  | {
      readonly kind: 'waits-for';
      readonly drone: string;
      readonly inMs: number;
      readonly instead: string;
      readonly savesMs: number;
    };
