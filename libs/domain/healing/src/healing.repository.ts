import type { Outgoing, Saved } from '@swarm/kernel';

import type { ActionEnd, HealingAction } from './action.js';
import type { ConfirmationEnd, Consent, RebootRequest } from './confirmation.js';
import type { DroneHost } from './host.js';

/** Looks that are kept of each drone; older ones are forgotten. Acts are kept for ever. */
export const KEPT_PROBES = 50;

/** Port: the host book. The Postgres adapter and the in-memory one pass the same contract suite. */
export interface HostBook {
  find(drone: string): Promise<DroneHost | undefined>;
  /** By name of the drone. */
  all(): Promise<readonly DroneHost[]>;
  /** Writes or replaces the page of a drone. */
  put(host: DroneHost, outgoing: readonly Outgoing[]): Promise<void>;
}

/** Port: what the healer did, and may do. */
export interface HealingRepository {
  /**
   * Stores an action: the row before the act, or one that is over. `conflict`: the drone has one that is open, another
   * reboot is open, or the request was answered or ended by somebody else. `uses` ends a request with it.
   */
  begin(action: HealingAction, outgoing: readonly Outgoing[], uses?: RebootRequest): Promise<Saved>;
  /** Notes which boot a host is in, before it is rebooted. `conflict` where the action is over. */
  noteBoot(id: string, boot: string): Promise<Saved>;
  /** Ends an action that is open; `conflict` where it is not. */
  end(id: string, end: ActionEnd, outgoing: readonly Outgoing[]): Promise<Saved>;
  /** The latest of a drone, newest first. */
  ofDrone(drone: string, limit: number): Promise<readonly HealingAction[]>;
  /** Reboots of any drone that were begun since then or are open, oldest first. */
  reboots(since: Date): Promise<readonly HealingAction[]>;
  /** The latest page of each drone and cause, newest first. */
  pages(since: Date): Promise<readonly HealingAction[]>;

  /** Requests that are open, oldest first. */
  openRequests(): Promise<readonly RebootRequest[]>;
  /** `conflict` where the drone has an open one. */
  ask(request: RebootRequest, outgoing: readonly Outgoing[]): Promise<Saved>;
  /** Answers an open request, or answers it anew; `conflict` where it is open no more. */
  confirm(id: string, consent: Consent, outgoing: readonly Outgoing[]): Promise<Saved>;
  closeRequest(id: string, how: ConfirmationEnd, at: Date, outgoing: readonly Outgoing[]): Promise<Saved>;
}
