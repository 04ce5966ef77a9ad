/** What the owner of the machine wants: no more work, until the owner says otherwise. */
export interface StandingPause {
  readonly reason: string;
  /** When it was said, in ISO 8601. */
  readonly since: string;
}

/** Port to the owner's word on this machine. It needs no control plane, and outlives the agent. */
export interface OwnerPause {
  /** The pause that stands; undefined where there is none. A word that cannot be read counts as a pause. */
  standing(): Promise<StandingPause | undefined>;
}
