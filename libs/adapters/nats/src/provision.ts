import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { StreamDefinition } from '@swarm/contracts';
import { assertNever, SwarmError } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import { isStreamMissing } from './js-errors.js';
import {
  desiredStream,
  differences,
  planStream,
  type DesiredStream,
  type StreamChange,
} from './stream-diff.js';

/**
 * Makes the server's streams equal to their definitions; several processes may do it at once, at every start.
 * `takesBatches`: whether the server knows atomic batches, which it does without where it does not.
 * Throws SWARM_CONFIG that names what cannot be changed on a stream that is there, or what the server ignored.
 */
export async function provisionStreams(
  manager: JetStreamManager,
  definitions: Readonly<Record<string, StreamDefinition>>,
  { logger, takesBatches }: { readonly logger: Logger; readonly takesBatches: boolean },
): Promise<void> {
  for (const [name, definition] of Object.entries(definitions)) {
    await provisionStream(manager, name, desiredStream(definition, { takesBatches }), logger);
  }
}

async function provisionStream(
  manager: JetStreamManager,
  name: string,
  desired: DesiredStream,
  logger: Logger,
): Promise<void> {
  const current = await configOf(manager, name);
  const plan = planStream(current, desired);
  switch (plan.action) {
    case 'keep':
      return;
    case 'create':
      await manager.streams.add({ name, ...desired });
      logger.info({ stream: name }, 'stream created');
      break;
    case 'update':
      await manager.streams.update(name, { ...current, ...desired });
      logger.info({ stream: name, changes: plan.changes }, 'stream updated');
      break;
    case 'refuse':
      throw new SwarmError('SWARM_CONFIG', `Stream ${name} is there with other ${named(plan.changes)}.`, {
        hint: `A server cannot change that. Stop the swarm and delete the stream (nats stream rm ${name}); the ledger fills it again.`,
      });
    default:
      assertNever(plan);
  }
  await readBack(manager, name, desired);
}

/** A server that does not know an option ignores it without an error (seen on 2.9.10), so what it stored is compared. */
async function readBack(manager: JetStreamManager, name: string, desired: DesiredStream): Promise<void> {
  const ignored = differences((await configOf(manager, name)) ?? {}, desired);
  if (ignored.length === 0) return;
  throw new SwarmError('SWARM_CONFIG', `The NATS server ignored ${named(ignored)} of stream ${name}.`, {
    hint: 'Use nats-server 2.12 or later.',
  });
}

async function configOf(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
}

function named(changes: readonly StreamChange[]): string {
  return changes.map(({ field, from, to }) => `${field} (${String(from)}, wanted ${String(to)})`).join(', ');
}
