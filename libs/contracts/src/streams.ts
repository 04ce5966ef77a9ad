/** One JetStream stream: what it holds and for how long. Provisioned as a diff by the NATS adapter. */
export interface StreamDefinition {
  readonly subjects: readonly string[];
  readonly retention: 'workqueue' | 'limits';
  readonly maxAgeDays: number;
  readonly maxBytes: number;
  readonly meaning: string;
}

const GIB = 1024 ** 3;

/** Every stream of the swarm. A subject belongs to exactly one of them. */
export const streams = {
  BUILDS: {
    subjects: ['swarm.v1.build.*'],
    retention: 'workqueue',
    maxAgeDays: 7,
    maxBytes: 1 * GIB,
    meaning:
      'Work for drones. Unprocessed = assigned, ack pending = in work, redelivered = the drone crashed.',
  },
  RESULTS: {
    subjects: ['swarm.v1.result.*'],
    retention: 'workqueue',
    maxAgeDays: 7,
    maxBytes: 1 * GIB,
    meaning: 'What drones report of their attempts.',
  },
  EVENTS: {
    subjects: ['swarm.v1.event.*.*'],
    retention: 'limits',
    maxAgeDays: 30,
    maxBytes: 2 * GIB,
    meaning: 'What happened in the services, for each other and for people.',
  },
  LOGS: {
    subjects: ['swarm.v1.log.*.*'],
    retention: 'limits',
    maxAgeDays: 30,
    maxBytes: 4 * GIB,
    meaning: 'Build logs while they are written, in chunks.',
  },
  DEAD: {
    subjects: ['swarm.v1.dead.>'],
    retention: 'limits',
    maxAgeDays: 30,
    maxBytes: 1 * GIB,
    meaning: 'Messages that nobody could handle, kept for the operator with the reason.',
  },
} as const satisfies Record<string, StreamDefinition>;

export type StreamName = keyof typeof streams;

/** Messages of one identity within this time are stored once. */
export const DEDUPE_WINDOW_MS = 120_000;
