/** When each rung is climbed (DESIGN 7 and 9). All times in milliseconds. */
export interface HealingPolicy {
  /** A drone that said nothing for so long is down; the health monitor's own number. */
  readonly offlineAfterMs: number;
  /** Time between looks at a sick drone's host, until a page is sent. */
  readonly probeEveryMs: number;
  /** The same afterwards: people are at it, or nobody is. */
  readonly probePagedEveryMs: number;
  /** Looks that must find the drone sick before anything is done to it... */
  readonly probes: number;
  /** ...and the time from the first of them on. */
  readonly probeOverMs: number;
  /** Restarts before a reboot is thought of. */
  readonly restarts: number;
  readonly restartCooldownMs: number;
  readonly rebootCooldownMs: number;
  /** How long a host may take until it is up with another boot. */
  readonly rebootLimitMs: number;
  /** How long its drone may take to be well again, after that. */
  readonly returnMs: number;
  /** At most one in so many drones of the fleet, and at least one, is rebooted within the window. */
  readonly rebootShare: number;
  readonly rebootWindowMs: number;
  /** How long a request for a confirmation may stay unanswered before somebody is called. */
  readonly confirmWithinMs: number;
  /** The same cause of the same drone calls nobody again sooner. */
  readonly pageEveryMs: number;
  /** A call that reached nobody is made again after this time. */
  readonly pageAgainMs: number;
  /** A drone that was treated must be well for so long before the ladder begins at its foot again. */
  readonly steadyMs: number;
}

export const defaultHealing: HealingPolicy = {
  offlineAfterMs: 30_000,
  probeEveryMs: 30_000,
  probePagedEveryMs: 300_000,
  probes: 3,
  probeOverMs: 180_000,
  restarts: 2,
  restartCooldownMs: 300_000,
  rebootCooldownMs: 1_800_000,
  rebootLimitMs: 600_000,
  returnMs: 600_000,
  rebootShare: 3,
  rebootWindowMs: 3_600_000,
  confirmWithinMs: 900_000,
  pageEveryMs: 3_600_000,
  pageAgainMs: 300_000,
  steadyMs: 600_000,
};
