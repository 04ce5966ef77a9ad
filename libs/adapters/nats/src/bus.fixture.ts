import { randomUUID } from 'node:crypto';

import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { DroneHeartbeat, JobMoved, WorkAssigned } from '@swarm/contracts';
import { silentLogger } from '@swarm/platform';

import { connectBus } from './connect-bus.js';
import type { NatsMessageBus } from './nats-message-bus.js';

/** A request that a restart swallows is asked again after this. */
const REQUEST_LIMIT_MS = 1_000;

/** A bus whose log is not of interest. */
export function quietBus(url: string, name = 'test'): Promise<NatsMessageBus> {
  return connectBus({ url, name, logger: silentLogger() });
}

/** An operator's view of the server, beside the bus. */
export interface Operator extends AsyncDisposable {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  /** Messages in a stream. */
  countOf(stream: string): Promise<number>;
}

export async function operatorOf(url: string): Promise<Operator> {
  const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const manager = await jetstreamManager(connection, { timeout: REQUEST_LIMIT_MS });
  return {
    connection,
    manager,
    countOf: async (stream) => (await manager.streams.info(stream)).state.messages,
    async [Symbol.asyncDispose]() {
      await connection.close();
    },
  };
}

/** Work for a drone; the sequence tells one from another. */
export function work(drone: string, attempt = 1): WorkAssigned {
  return {
    drone,
    attemptId: randomUUID(),
    attempt,
    profile: 'lab',
    work: { kind: 'resolve', planId: randomUUID(), targets: ['@world'] },
  };
}

/** An event of the scheduler. */
export function jobMoved(cpv: string): JobMoved {
  return {
    id: randomUUID(),
    at: '2026-01-01T00:00:00.000Z',
    jobId: randomUUID(),
    planId: randomUUID(),
    cpv,
    from: 'waiting',
    to: 'needed',
    attempt: 0,
    reason: 'its dependencies are published',
  };
}

/** A sign of life. */
export function heartbeat(drone: string, sequence = 0): DroneHeartbeat {
  return {
    drone,
    incarnation: randomUUID(),
    sequence,
    at: '2026-01-01T00:00:00.000Z',
    attempts: [],
    draining: false,
    load1: 0,
    freeDiskBytes: 1,
    freeMemoryBytes: 1,
    ...{ pressure: null, agentVersion: '', portageVersion: '', uploadPath: 'unknown' },
    ...{ fingerprint: null, drainReason: '' },
  };
}
