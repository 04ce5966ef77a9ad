import type { Found } from './action.js';
import type { DroneHost, HostKey } from './host.js';

/** What a look at a host, or an act there, came to. */
export interface HostReport {
  readonly found: Found;
  /** One line for people. */
  readonly detail: string;
  /** What the host's programs said, bounded. */
  readonly output: string;
  /** Which boot the host is in; another value after a reboot. Null where nobody could look. */
  readonly boot: string | null;
}

/** What an act on a host came to. `isDone`: the result was looked at, and is as it should be (S29). */
export interface ActReport extends HostReport {
  readonly isDone: boolean;
}

/** What an address says of itself to somebody who does not know it yet. */
export interface HostScan {
  readonly keys: readonly { readonly key: HostKey; readonly fingerprint: string }[];
  /** Null where it does not let us in. */
  readonly machineId: string | null;
  /** Why there is no more; empty where all is there. */
  readonly note: string;
}

/**
 * Port: the way to the machines of drones. Every connection proves first, by pinned host key and machine id, that the
 * host is that drone; where it is not, nothing is executed (S14). Nothing here rejects for what a host does.
 */
export interface HostAccess {
  /** Looks at the agent's service and the boot; changes nothing. */
  look(host: DroneHost): Promise<HostReport>;
  /** Has the service manager restart the agent, and looks whether it runs. */
  restart(host: DroneHost): Promise<ActReport>;
  /**
   * Has the host reboot. `beforeAct` is called with the boot it is in, when everything is proven and before anything is
   * executed; where it rejects, nothing is. Whether the host comes up with another boot is seen by a later `look`.
   */
  reboot(host: DroneHost, beforeAct: (boot: string) => Promise<void>): Promise<ActReport>;
  /** Asks an address for its host keys, and for its machine id by the first of them. */
  scan(target: { readonly address: string; readonly port: number; readonly user: string }): Promise<HostScan>;
}

/** A call to a person. */
export interface Page {
  /** Of the action; the same for every channel and every repetition. */
  readonly id: string;
  readonly drone: string;
  readonly cause: string;
  readonly at: Date;
  /** One line. */
  readonly title: string;
  /** What is wrong, what was tried, what to do. */
  readonly text: string;
}

/** What became of a page on one channel. */
export interface PageDelivery {
  /** `webhook`, `ntfy` or `email`. */
  readonly channel: string;
  readonly isDelivered: boolean;
  readonly detail: string;
}

/** Port: how people are reached. */
export interface Pager {
  /** Tries every channel that is configured, each several times; an empty answer means that none is. Never rejects. */
  send(page: Page): Promise<readonly PageDelivery[]>;
}
