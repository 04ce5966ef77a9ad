import type { Drone, DroneRepository, DroneSign, RecoveryRepository, Suspension } from '@swarm/domain-drone';
import { droneLifecycle } from '@swarm/domain-drone';
import type { Saved, Versioned } from '@swarm/kernel';
import { z } from 'zod';

import type { Drone as DroneRow, Prisma } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { parsed } from './row.js';
import { storableJson, storableText } from './storable.js';

const State = z.enum(Object.keys(droneLifecycle) as (keyof typeof droneLifecycle)[]);
const Executor = z.enum(['portage', 'synthetic']);
const Attempts = z.array(z.object({ attemptId: z.string(), phase: z.string(), sinceMs: z.number() }));

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
  const { state, reason, incarnation, enrolledAt, capabilities, grounding, badUpload } = drone;
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
    badUploadTimes: badUpload?.times ?? 0,
    badUploadUntil: badUpload?.until ?? null,
  };
}

/** None where it was never imposed: the count says which, since one without an end has no time. */
function suspensionOf(times: number, until: Date | null): Suspension | null {
  return times === 0 ? null : { times, until };
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
    },
    grounding: suspensionOf(row.groundedTimes, row.groundedUntil),
    badUpload: suspensionOf(row.badUploadTimes, row.badUploadUntil),
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
