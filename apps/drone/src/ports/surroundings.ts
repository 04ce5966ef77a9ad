/** Waiting, injected, so that tests and simulations need not. */
export interface Timer {
  /** Resolves after the time, or at once when the signal is aborted. Never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** `some avg10` of the kernel's pressure files, in percent. */
export interface Pressure {
  readonly cpu: number;
  readonly memory: number;
  readonly io: number;
}

export interface Vitals {
  readonly load1: number;
  readonly freeDiskBytes: number;
  readonly freeMemoryBytes: number;
  /** Null where the kernel does not tell it. */
  readonly pressure: Pressure | null;
}

/** Port to the machine's own numbers. */
export interface VitalsReader {
  read(): Promise<Vitals>;
}

/** Who this agent is. */
export interface DroneIdentity {
  readonly drone: string;
  /** One start of the agent. */
  readonly incarnation: string;
  readonly agentVersion: string;
  readonly profile: string;
  readonly slots: number;
  readonly cores: number;
  readonly memoryBytes: number;
}
