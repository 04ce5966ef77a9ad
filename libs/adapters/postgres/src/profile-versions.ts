import type { Configuration, ProfileRepository, ProfileVersion, VersionPush } from '@swarm/domain-plan';
import { z } from 'zod';

import type { Prisma, ProfileVersion as VersionRow } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { parsed } from './row.js';

type Versions = Pick<ProfileRepository, 'pushVersion' | 'version' | 'numbered' | 'current' | 'versions'>;

/** Postgres counts in 32 bits; what is beyond is the number of no version. */
const MAX_NUMBER = 2 ** 31 - 1;

/** The shape alone: what was pushed once stays readable, whatever a push is checked for later. */
const Content = z.strictObject({
  files: z.record(z.string(), z.string()),
  makeProfile: z.string(),
  world: z.array(z.string()),
  repositories: z.array(
    z.strictObject({
      name: z.string(),
      source: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('git'), url: z.string() }),
        z.strictObject({ kind: z.literal('directory'), path: z.string() }),
      ]),
      revision: z.string(),
    }),
  ),
});

/** What was pushed to profiles, over Postgres. */
export function profileVersions(ledger: Ledger): Versions {
  const { prisma } = ledger;
  return {
    pushVersion: (push) => pushVersion(ledger, push),
    version: async (digest) => {
      const row = await prisma.profileVersion.findFirst({
        where: { digest },
        orderBy: [{ createdAt: 'desc' }, { number: 'desc' }],
      });
      return row ? versionOfRow(row) : undefined;
    },
    numbered: async (profile, number) => {
      if (!Number.isInteger(number) || number > MAX_NUMBER) return undefined;
      const row = await prisma.profileVersion.findUnique({
        where: { profile_number: { profile, number } },
      });
      return row ? versionOfRow(row) : undefined;
    },
    current: async (profile) => {
      const row = await prisma.profileVersion.findFirst({ where: { profile }, orderBy: { number: 'desc' } });
      return row ? versionOfRow(row) : undefined;
    },
    versions: (profile) =>
      prisma.profileVersion.findMany({
        where: { profile },
        omit: { configuration: true },
        orderBy: { number: 'desc' },
      }),
  };
}

/** Pushes to one profile wait for each other at its row, so numbers have no gaps and no race. */
function pushVersion({ prisma, source }: Ledger, push: VersionPush): Promise<ProfileVersion> {
  const { profile, digest, configuration, author, reason, at: createdAt } = push;
  return prisma.$transaction(async (tx) => {
    const found = await tx.$queryRaw<unknown[]>`select name from profile where name = ${profile} for update`;
    if (found.length === 0) throw new Error(`there is no profile ${profile}`);
    const current = await tx.profileVersion.findFirst({ where: { profile }, orderBy: { number: 'desc' } });
    const isOutrun = push.replaces !== undefined && push.replaces !== current?.number;
    if (current && (isOutrun || current.digest === digest)) return versionOfRow(current);
    const number = (current?.number ?? 0) + 1;
    const version = { profile, number, digest, configuration, createdAt, author, reason };
    await tx.profileVersion.create({ data: { ...version, configuration: columnOf(configuration) } });
    await storeMessages(tx, source, push.outgoing(version));
    return version;
  });
}

/** Stored as it is: text that Postgres refuses was refused when the configuration was checked. */
function columnOf(configuration: Configuration): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(configuration)) as Prisma.InputJsonValue;
}

function versionOfRow({ configuration, ...row }: VersionRow): ProfileVersion {
  const name = { table: 'profile_version', id: `${row.profile} ${row.number}` };
  return { ...row, configuration: parsed(name, Content, configuration) };
}
