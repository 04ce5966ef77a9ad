/** How a drone stands with the swarm. `draining` finishes what it has; `retired` may not come back. */
export type DroneState = 'online' | 'suspect' | 'offline' | 'draining' | 'retired';

/** What a drone says it is. */
export interface DroneCapabilities {
  readonly profile: string;
  readonly executor: 'portage' | 'synthetic';
  readonly slots: number;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly portageVersion: string;
}

/** The latest sign of life, as the drone gave it. */
export interface DroneSign {
  readonly incarnation: string;
  readonly sequence: number;
  /** The monitor's clock when the sign arrived; the drone's own clock decides nothing. */
  readonly at: Date;
  readonly attempts: readonly {
    readonly attemptId: string;
    readonly phase: string;
    readonly sinceMs: number;
  }[];
  readonly draining: boolean;
  readonly load1: number;
  readonly freeDiskBytes: number;
  readonly freeMemoryBytes: number;
}

/** A build machine, as the ledger knows it. */
export interface Drone {
  readonly name: string;
  readonly state: DroneState;
  readonly reason: string;
  /** One start of the agent; another one means that it forgot what it had in hand. */
  readonly incarnation: string;
  readonly enrolledAt: Date;
  readonly capabilities: DroneCapabilities;
  readonly lastSign: DroneSign;
}

export type DroneEvent =
  | { readonly type: 'heard' }
  | { readonly type: 'draining-heard' }
  | { readonly type: 'went-quiet' }
  | { readonly type: 'went-silent' }
  | { readonly type: 'retired' };

export type DroneEventType = DroneEvent['type'];
