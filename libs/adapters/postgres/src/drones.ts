import type {
  Drone,
  DroneRepository,
  DroneSign,
  Order,
  RecoveryRepository,
  Suspension,
} from '@swarm/domain-drone';
import { droneLifecycle } from '@swarm/domain-drone';
import type { Saved, Versioned } from '@swarm/kernel';
import { z } from 'zod';

import { Prisma, type Drone as DroneRow } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { parsed } from './row.js';
import { storableJson, storableText } from './storable.js';

const State = z.enum(Object.keys(droneLifecycle) as (keyof typeof droneLifecycle)[]);
const Executor = z.enum(['portage', 'synthetic']);
const Attempts = z.array(z.object({ attemptId: z.string(), phase: z.string(), sinceMs: z.number() }));

const Details = z.object({
  pressure: z.object({ cpu: z.number(), memory: z.number(), io: z.number() }).nullable(),
  clockOffsetMs: z.number(),
  agentVersion: z.string(),
  portageVersion: z.string(),
  uploadPath: z.enum(['good', 'bad', 'unknown']),
  fingerprint: z.string().nullable(),
  drainReason: z.string(),
});

/** Drones over Postgres. */
export function postgresDrones(ledger: Ledger): DroneRepository {
  const { prisma } = ledger;
  return {
    find: async (name) => {
      const row = await prisma.drone.findUnique({ where: { name } });
      return row ? versioned(row) : undefined;
    },
    all: async () => (await prisma.drone.findMany({ orderBy: { name: 'asc' } })).map(versioned),
    save: (drone, expected, outgoing) =>
      prisma.$transaction(async (tx): Promise<Saved> => {
        const isStored = expected === 0 ? await add(tx, drone) : await replace(tx, drone, expected);
        if (!isStored) return 'conflict';
        await storeMessages(tx, ledger.source, outgoing);
        return 'saved';
      }),
    recordSign: async (name, sign) => {
      const { count } = await prisma.drone.updateMany({
        where: { name, incarnation: sign.incarnation, OR: notNewerThan(sign) },
        data: columnsOfSign(sign),
      });
      return count > 0;
    },
    tell: (outgoing) => prisma.$transaction((tx) => storeMessages(tx, ledger.source, outgoing)),
  };
}

async function add(tx: Prisma.TransactionClient, drone: Drone): Promise<boolean> {
  const data = { name: drone.name, revision: 1, ...columnsOf(drone), ...columnsOfSign(drone.lastSign) };
  const { count } = await tx.drone.createMany({ data: [data], skipDuplicates: true });
  return count > 0;
}

/**
 * Signs arrive while a state is decided on and change no revision: the sign that came with the decision replaces
 * only an older one, or a drone that was busy telling of itself would look silent.
 */
async function replace(tx: Prisma.TransactionClient, drone: Drone, expected: number): Promise<boolean> {
  const { count } = await tx.drone.updateMany({
    where: { name: drone.name, revision: expected },
    data: { ...columnsOf(drone), revision: expected + 1 },
  });
  if (count === 0) return false;
  await tx.drone.updateMany({
    where: { name: drone.name, OR: notNewerThan(drone.lastSign) },
    data: columnsOfSign(drone.lastSign),
  });
  return true;
}

/** The stored sign is of another incarnation, or not newer than this one. */
function notNewerThan({ incarnation, sequence }: DroneSign): Prisma.DroneWhereInput[] {
  return [{ signIncarnation: { not: incarnation } }, { signSequence: { lte: sequence } }];
}

function columnsOf(drone: Drone) {
  const { state, reason, incarnation, enrolledAt, capabilities, grounding, badUpload, drain } = drone;
  const { memoryBytes, ...rest } = capabilities;
  return {
    state,
    reason: storableText(reason),
    incarnation,
    enrolledAt,
    ...rest,
    memoryBytes: BigInt(memoryBytes),
    groundedTimes: grounding?.times ?? 0,
    groundedUntil: grounding?.until ?? null,
    ...groundedColumns(grounding?.order),
    badUploadTimes: badUpload?.times ?? 0,
    badUploadUntil: badUpload?.until ?? null,
    ...drainedColumns(drain),
  };
}

function groundedColumns(order: Order | undefined) {
  if (!order) return { groundedBy: null, groundedWhy: null, groundedSince: null };
  const { by, reason, since } = order;
  return { groundedBy: storableText(by), groundedWhy: storableText(reason), groundedSince: since };
}

function drainedColumns(order: Order | null) {
  if (!order) return { drainedBy: null, drainedWhy: null, drainedSince: null };
  const { by, reason, since } = order;
  return { drainedBy: storableText(by), drainedWhy: storableText(reason), drainedSince: since };
}

/** Null where nobody gave one: its three columns are there together, or not at all. */
function orderOf(by: string | null, reason: string | null, since: Date | null): Order | null {
  return by === null || since === null ? null : { by, reason: reason ?? '', since };
}

/** None where it was never imposed: the count says which, since one without an end has no time. */
function suspensionOf(times: number, until: Date | null, order: Order | null = null): Suspension | null {
  return times === 0 ? null : { times, until, ...(order && { order }) };
}

function columnsOfSign(sign: DroneSign) {
  return {
    signIncarnation: sign.incarnation,
    signSequence: BigInt(sign.sequence),
    signAt: sign.at,
    signAttempts: storableJson(sign.attempts),
    signDraining: sign.draining,
    signLoad1: sign.load1,
    signFreeDiskBytes: BigInt(sign.freeDiskBytes),
    signFreeMemoryBytes: BigInt(sign.freeMemoryBytes),
    signDetails: sign.details === undefined ? Prisma.DbNull : storableJson(sign.details),
  };
}

function versioned(row: DroneRow): Versioned<Drone> {
  const name = { table: 'drone', id: row.name };
  const value: Drone = {
    name: row.name,
    state: parsed(name, State, row.state),
    reason: row.reason,
    incarnation: row.incarnation,
    enrolledAt: row.enrolledAt,
    capabilities: {
      profile: row.profile,
      executor: parsed(name, Executor, row.executor),
      slots: row.slots,
      cores: row.cores,
      memoryBytes: Number(row.memoryBytes),
      portageVersion: row.portageVersion,
    },
    lastSign: {
      incarnation: row.signIncarnation,
      sequence: Number(row.signSequence),
      at: row.signAt,
      attempts: parsed(name, Attempts, row.signAttempts),
      draining: row.signDraining,
      load1: row.signLoad1,
      freeDiskBytes: Number(row.signFreeDiskBytes),
      freeMemoryBytes: Number(row.signFreeMemoryBytes),
      ...(row.signDetails !== null && { details: parsed(name, Details, row.signDetails) }),
    },
    grounding: suspensionOf(
      row.groundedTimes,
      row.groundedUntil,
      orderOf(row.groundedBy, row.groundedWhy, row.groundedSince),
    ),
    badUpload: suspensionOf(row.badUploadTimes, row.badUploadUntil),
    drain: orderOf(row.drainedBy, row.drainedWhy, row.drainedSince),
  };
  return { value, revision: row.revision };
}

/** What the healer did, over Postgres. */
export function postgresRecovery({ prisma, source }: Ledger): RecoveryRepository {
  const newestFirst = { omit: { sequence: true }, orderBy: { sequence: 'desc' } } as const;
  return {
    begin: (action, outgoing) =>
      prisma.$transaction(async (tx) => {
        await tx.recoveryAction.create({ data: { ...action, reason: storableText(action.reason) } });
        await storeMessages(tx, source, outgoing);
      }),
    latest: async (drone) =>
      (await prisma.recoveryAction.findFirst({ ...newestFirst, where: { drone } })) ?? undefined,
    recent: (limit) => prisma.recoveryAction.findMany({ ...newestFirst, take: limit }),
  };
}
