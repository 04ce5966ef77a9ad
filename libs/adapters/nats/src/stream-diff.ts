import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { DEDUPE_WINDOW_MS, type StreamDefinition } from '@swarm/contracts';

const DAY_MS = 86_400_000;

/**
 * What we decide about a stream, by whether a server changes it on a stream that has messages.
 * The rest of a stream's configuration is the operator's (replicas, placement, compression) and is left alone.
 * Tried on nats-server 2.15.1: it refuses a change of storage, and of retention to or from a work queue.
 */
const fields = {
  subjects: 'mutable',
  description: 'mutable',
  discard: 'mutable',
  max_age: 'mutable',
  max_bytes: 'mutable',
  duplicate_window: 'mutable',
  allow_atomic: 'mutable',
  retention: 'immutable',
  storage: 'immutable',
} as const satisfies Partial<Record<keyof StreamConfig, 'mutable' | 'immutable'>>;

type Field = keyof typeof fields;

/** The part of a stream's configuration that the swarm decides; what is left out here is not asked of the server. */
export type DesiredStream = Required<Pick<StreamConfig, Exclude<Field, 'allow_atomic'>>> & {
  readonly allow_atomic?: true;
};

export interface StreamChange {
  readonly field: Field;
  readonly from: unknown;
  readonly to: unknown;
}

/** What provisioning has to do about one stream. */
export type StreamPlan =
  | { readonly action: 'create' }
  | { readonly action: 'keep' }
  | { readonly action: 'update'; readonly changes: readonly StreamChange[] }
  /** `changes` are those that no update can make; nothing is changed then. */
  | { readonly action: 'refuse'; readonly changes: readonly StreamChange[] };

/** A stream's definition in JetStream's terms. `takesBatches`: whether the server knows atomic batches. */
export function desiredStream(
  definition: StreamDefinition,
  { takesBatches }: { readonly takesBatches: boolean },
): DesiredStream {
  const isWorkQueue = definition.retention === 'workqueue';
  return {
    subjects: [...definition.subjects],
    description: definition.meaning,
    retention: isWorkQueue ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
    storage: StorageType.File,
    // A full queue refuses new work, which its sender keeps; dropping the oldest would lose it silently.
    discard: isWorkQueue ? DiscardPolicy.New : DiscardPolicy.Old,
    max_age: nanos(definition.maxAgeDays * DAY_MS),
    max_bytes: definition.maxBytes,
    duplicate_window: nanos(DEDUPE_WINDOW_MS),
    ...(takesBatches && { allow_atomic: true }),
  };
}

/** Compares a stream with what it should be. Pure. */
export function planStream(current: Partial<StreamConfig> | undefined, desired: DesiredStream): StreamPlan {
  if (current === undefined) return { action: 'create' };
  const changes = differences(current, desired);
  const impossible = changes.filter(({ field }) => fields[field] === 'immutable');
  if (impossible.length > 0) return { action: 'refuse', changes: impossible };
  return changes.length > 0 ? { action: 'update', changes } : { action: 'keep' };
}

/** Every field that is not as desired. Pure. */
export function differences(current: Partial<StreamConfig>, desired: DesiredStream): StreamChange[] {
  return (Object.keys(fields) as Field[])
    .filter((field) => field in desired && !isSame(current[field], desired[field]))
    .map((field) => ({ field, from: current[field], to: desired[field] }));
}

/** Subjects are a set; everything else is a plain value. */
function isSame(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  const others = new Set<unknown>(right);
  return new Set<unknown>(left).size === others.size && left.every((item) => others.has(item));
}
