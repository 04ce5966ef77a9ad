import type { Outgoing, Saved, Versioned } from '@swarm/kernel';

import type { Drone, DroneSign } from './drone.js';

/** Port. The Postgres adapter and the in-memory one pass the same contract suite. */
export interface DroneRepository {
  find(name: string): Promise<Versioned<Drone> | undefined>;
  all(): Promise<readonly Versioned<Drone>[]>;
  /** `expected` 0 adds a drone that is not there yet. Stored with its messages, or not at all. */
  save(drone: Drone, expected: number, outgoing: readonly Outgoing[]): Promise<Saved>;
  /**
   * Keeps the latest sign of life. Changes no revision, and does nothing when the drone is unknown, has
   * another incarnation, or has said something newer: resolves to false then.
   */
  recordSign(name: string, sign: DroneSign): Promise<boolean>;
  /** Stores messages about drones; one that is stored already, by its id, is left as it is. */
  tell(outgoing: readonly Outgoing[]): Promise<void>;
}

/** What the healer did or is about to do; a row before the act. */
export interface RecoveryAction {
  readonly id: string;
  readonly drone: string;
  readonly rung: number;
  readonly at: Date;
  readonly action: string;
  readonly reason: string;
}

/** Port. */
export interface RecoveryRepository {
  /** Stores the action and its messages together. */
  begin(action: RecoveryAction, outgoing: readonly Outgoing[]): Promise<void>;
  latest(drone: string): Promise<RecoveryAction | undefined>;
  recent(limit: number): Promise<readonly RecoveryAction[]>;
}
