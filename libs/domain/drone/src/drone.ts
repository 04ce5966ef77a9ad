/**
 * How a drone stands with the swarm. `draining` finishes what it has; `grounded` is kept from work for its strikes;
 * `probation` gets one job before it gets more; `retired` may not come back.
 */
export type DroneState = 'online' | 'suspect' | 'offline' | 'grounded' | 'probation' | 'draining' | 'retired';

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
  /** Absent until the first sign after an enrolment, and from agents that do not tell it. */
  readonly details?: SignDetails;
}

/** Share of the last ten seconds in which something had to wait, in percent (`some avg10` of /proc/pressure). */
export interface Pressure {
  readonly cpu: number;
  readonly memory: number;
  readonly io: number;
}

/** What a sign tells beside life: nothing is decided by it, people and alarms read it. */
export interface SignDetails {
  /** Null where the kernel does not tell it. */
  readonly pressure: Pressure | null;
  /** The drone's clock less the monitor's when the sign arrived, in milliseconds; the way through NATS is in it. */
  readonly clockOffsetMs: number;
  readonly agentVersion: string;
  readonly portageVersion: string;
  /** How its latest upload ended, as the drone saw it; `unknown` before the first one since it started. */
  readonly uploadPath: 'good' | 'bad' | 'unknown';
  /** Digest of what decides a binary's ABI on it; null until it has looked. */
  readonly fingerprint: string | null;
  /** Why it says that it drains; empty where it does not. */
  readonly drainReason: string;
}

/** What a person wants of a drone: who, why and since when. It stands until a person ends it. */
export interface Order {
  readonly by: string;
  readonly reason: string;
  readonly since: Date;
}

/** A time for which a drone is kept from work; one canary after it decides whether it is over. */
export interface Suspension {
  /** Null: until a person ends it. */
  readonly until: Date | null;
  /** How many there were in a row, this one included: each is longer than the one before. */
  readonly times: number;
  /** Who imposed it by hand; absent where failures did. */
  readonly order?: Order;
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
  /** Its grounding, until a canary has ended well; null in good standing. A restart of the agent changes nothing. */
  readonly grounding: Suspension | null;
  /** Its way to the binhost failed, and no artifact has come through since; null while the way is good (S22). */
  readonly badUpload: Suspension | null;
  /** A person's drain: no more work until a person resumes it, whatever the drone says and however often it restarts. */
  readonly drain: Order | null;
}

export type DroneEvent =
  | { readonly type: 'heard' }
  /** Heard, and it still owes its canary. */
  | { readonly type: 'probation-heard' }
  | { readonly type: 'draining-heard' }
  | { readonly type: 'went-quiet' }
  | { readonly type: 'went-silent' }
  /** As many failures in a row as ground a drone (S2). */
  | { readonly type: 'struck-out' }
  | { readonly type: 'grounding-ended' }
  | { readonly type: 'canary-succeeded' }
  | { readonly type: 'canary-failed' }
  /** Until a person lifts it, where `until` is left out or null. */
  | { readonly type: 'grounded-by-hand'; readonly until?: Date | null; readonly order?: Order }
  | { readonly type: 'ungrounded' }
  | { readonly type: 'retired' };

export type DroneEventType = DroneEvent['type'];
