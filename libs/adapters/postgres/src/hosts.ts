import { hostKeyText, hostKinds, initSystems, type DroneHost, type HostBook } from '@swarm/domain-healing';
import { z } from 'zod';

import type { DroneHost as HostRow } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { parsed } from './row.js';
import { storableText } from './storable.js';

const Kind = z.enum(Object.keys(hostKinds) as (keyof typeof hostKinds)[]);
const Init = z.enum(initSystems);
const Key = z
  .string()
  .regex(/^\S+ \S+$/)
  .transform((text) => {
    const [type = '', base64 = ''] = text.split(' ');
    return { type, base64 };
  });

/** The host book over Postgres. */
export function postgresHosts({ prisma, source }: Ledger): HostBook {
  return {
    find: async (drone) => {
      const row = await prisma.droneHost.findUnique({ where: { drone } });
      return row ? hostOfRow(row) : undefined;
    },
    all: async () => (await prisma.droneHost.findMany({ orderBy: { drone: 'asc' } })).map(hostOfRow),
    put: (host, outgoing) =>
      prisma.$transaction(async (tx) => {
        const { drone, hostKeys, isProtected, by, ...same } = host;
        const columns = {
          ...{ ...same, protected: isProtected, by: storableText(by) },
          hostKeys: hostKeys.map(hostKeyText),
        };
        await tx.droneHost.upsert({ where: { drone }, create: { drone, ...columns }, update: columns });
        await storeMessages(tx, source, outgoing);
      }),
  };
}

function hostOfRow({ kind, init, hostKeys, protected: isProtected, ...same }: HostRow): DroneHost {
  const name = { table: 'drone_host', id: same.drone };
  return {
    ...same,
    kind: parsed(name, Kind, kind),
    init: parsed(name, Init, init),
    hostKeys: hostKeys.map((key) => parsed(name, Key, key)),
    isProtected,
  };
}
