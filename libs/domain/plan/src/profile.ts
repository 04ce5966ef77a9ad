/** A named build target. `synthetic` profiles are built by no Portage and never mixed with real ones. */
export interface Profile {
  readonly name: string;
  readonly kind: 'portage' | 'synthetic';
  /** Targets of a plan that names none. */
  readonly targets: readonly string[];
  readonly createdAt: Date;
}

/** Port. */
export interface ProfileRepository {
  /** Adds it, or replaces what has the same name; the kind of a profile never changes. */
  put(profile: Profile): Promise<void>;
  find(name: string): Promise<Profile | undefined>;
  all(): Promise<readonly Profile[]>;
}
