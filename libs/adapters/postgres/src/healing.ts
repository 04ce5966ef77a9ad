import {
  actionKinds,
  actionLifecycle,
  findings,
  KEPT_PROBES,
  pageCauses,
  type ActionEnd,
  type HealingAction,
  type HealingRepository,
  type RebootRequest,
} from '@swarm/domain-healing';
import type { Outgoing, Saved } from '@swarm/kernel';
import { z } from 'zod';

import type { HealingAction as ActionRow, RebootRequest as RequestRow } from './generated/prisma/client.js';
import type { Ledger, Tx } from './ledger.js';
import { storeMessages } from './messages.js';
import { parsed, required } from './row.js';
import { storableText } from './storable.js';

const keysOf = <T extends object>(table: T): (keyof T & string)[] =>
  Object.keys(table) as (keyof T & string)[];
const Kind = z.enum(keysOf(actionKinds));
const State = z.enum(keysOf(actionLifecycle));
const EndedState = z.enum(['done', 'failed', 'refused']);
const Found = z.enum(keysOf(findings)).nullable();
const Cause = z.enum(keysOf(pageCauses)).nullable();
const FaultName = z.enum(['agent-down', 'grounded']).nullable();

/** Ends a transaction that came too late for what it was decided from. */
class Outrun extends Error {}

const newestFirst = { orderBy: { sequence: 'desc' } } as const;
const oldestFirst = { orderBy: { sequence: 'asc' } } as const;

/** What the healer did and may do, over Postgres. */
export function postgresHealing(ledger: Ledger): HealingRepository {
  const { prisma, source } = ledger;
  const changed = async (
    change: (tx: Tx) => Promise<number>,
    outgoing: readonly Outgoing[],
  ): Promise<Saved> => {
    try {
      await prisma.$transaction(async (tx) => {
        if ((await change(tx)) === 0) throw new Outrun();
        await storeMessages(tx, source, outgoing);
      });
      return 'saved';
    } catch (error) {
      if (error instanceof Outrun) return 'conflict';
      throw error;
    }
  };
  const closeRequest = (tx: Tx, id: string, endedHow: string, endedAt: Date): Promise<number> =>
    countOf(tx.rebootRequest.updateMany({ where: { id, endedHow: null }, data: { endedHow, endedAt } }));
  return {
    begin: (action, outgoing, uses) =>
      changed(async (tx) => {
        if (uses && (await closeRequest(tx, uses.id, 'used', action.begunAt)) === 0) return 0;
        // Skipped where the drone has an open one, or another reboot is open: the indexes say so, whoever races.
        const { count } = await tx.healingAction.createMany({
          data: [columnsOf(action)],
          skipDuplicates: true,
        });
        if (count > 0 && action.kind === 'probe') await forgetProbes(tx, action.drone);
        return count;
      }, outgoing),
    noteBoot: (id, bootBefore) =>
      changed(
        (tx) => countOf(tx.healingAction.updateMany({ where: { id, state: 'begun' }, data: { bootBefore } })),
        [],
      ),
    end: (id, end, outgoing) =>
      changed(
        (tx) =>
          countOf(tx.healingAction.updateMany({ where: { id, state: 'begun' }, data: columnsOfEnd(end) })),
        outgoing,
      ),
    ofDrone: async (drone, take) =>
      (await prisma.healingAction.findMany({ ...newestFirst, where: { drone }, take })).map(actionOfRow),
    reboots: async (since) => {
      const where = { kind: 'reboot', OR: [{ begunAt: { gte: since } }, { state: 'begun' }] };
      return (await prisma.healingAction.findMany({ ...oldestFirst, where })).map(actionOfRow);
    },
    pages: async (since) => {
      const where = { kind: 'page', begunAt: { gte: since } };
      return (await prisma.healingAction.findMany({ ...newestFirst, where })).map(actionOfRow);
    },
    openRequests: async () =>
      (await prisma.rebootRequest.findMany({ ...oldestFirst, where: { endedHow: null } })).map(requestOfRow),
    ask: ({ id, drone, askedAt, reason, consent }, outgoing) =>
      changed(async (tx) => {
        const data = [{ id, drone, askedAt, reason: storableText(reason), ...columnsOfConsent(consent) }];
        return (await tx.rebootRequest.createMany({ data, skipDuplicates: true })).count;
      }, outgoing),
    confirm: (id, consent, outgoing) =>
      changed(
        (tx) =>
          countOf(
            tx.rebootRequest.updateMany({ where: { id, endedHow: null }, data: columnsOfConsent(consent) }),
          ),
        outgoing,
      ),
    closeRequest: (id, how, at, outgoing) => changed((tx) => closeRequest(tx, id, how, at), outgoing),
  };
}

async function countOf(change: PromiseLike<{ readonly count: number }>): Promise<number> {
  return (await change).count;
}

async function forgetProbes(tx: Tx, drone: string): Promise<void> {
  const old = await tx.healingAction.findFirst({
    where: { drone, kind: 'probe' },
    orderBy: { sequence: 'desc' },
    skip: KEPT_PROBES,
    select: { sequence: true },
  });
  if (!old) return;
  await tx.healingAction.deleteMany({ where: { drone, kind: 'probe', sequence: { lte: old.sequence } } });
}

function columnsOf(action: HealingAction): Omit<ActionRow, 'sequence'> {
  const { id, drone, kind, begunAt, reason, fault, groundings, cause, bootBefore, end } = action;
  return {
    ...{ id, drone, kind, begunAt, fault, groundings, cause, bootBefore },
    ...{ reason: storableText(reason), state: 'begun', endedAt: null, found: null, detail: '', output: '' },
    ...(end && columnsOfEnd(end)),
  };
}

function columnsOfEnd({
  state,
  at,
  found,
  detail,
  output,
}: ActionEnd): Pick<ActionRow, 'state' | 'endedAt' | 'found' | 'detail' | 'output'> {
  return { state, endedAt: at, found, detail: storableText(detail), output: storableText(output) };
}

function columnsOfConsent(
  consent: RebootRequest['consent'],
): Pick<RequestRow, 'confirmedBy' | 'confirmedAt' | 'holdsUntil'> {
  if (!consent) return { confirmedBy: null, confirmedAt: null, holdsUntil: null };
  return { confirmedBy: storableText(consent.by), confirmedAt: consent.at, holdsUntil: consent.until };
}

function actionOfRow(row: ActionRow): HealingAction {
  const { id, drone, begunAt, reason, groundings, bootBefore, detail, output } = row;
  const name = { table: 'healing_action', id };
  const isOpen = parsed(name, State, row.state) === 'begun';
  const found = parsed(name, Found, row.found);
  return {
    ...{ id, drone, begunAt, reason, groundings, bootBefore },
    kind: parsed(name, Kind, row.kind),
    fault: parsed(name, FaultName, row.fault),
    cause: parsed(name, Cause, row.cause),
    end: isOpen
      ? null
      : {
          ...{ state: parsed(name, EndedState, row.state), at: required(name, 'ended_at', row.endedAt) },
          ...{ found, detail, output },
        },
  };
}

function requestOfRow(row: RequestRow): RebootRequest {
  const { id, drone, askedAt, reason, confirmedBy, confirmedAt, holdsUntil } = row;
  const name = { table: 'reboot_request', id };
  const consent =
    confirmedBy === null
      ? null
      : {
          by: confirmedBy,
          at: required(name, 'confirmed_at', confirmedAt),
          until: required(name, 'holds_until', holdsUntil),
        };
  return { id, drone, askedAt, reason, consent };
}
