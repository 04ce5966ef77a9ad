import type { Profile, ProfileRepository } from '@swarm/domain-plan';
import { z } from 'zod';

import type { Profile as ProfileRow } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { profileVersions } from './profile-versions.js';
import { parsed } from './row.js';

const Kind = z.enum(['portage', 'synthetic']);

/** Profiles over Postgres. */
export function postgresProfiles(ledger: Ledger): ProfileRepository {
  const { prisma } = ledger;
  return {
    ...profileVersions(ledger),
    put: async ({ name, kind, targets, createdAt }) => {
      const row = { name, kind, targets: [...targets], createdAt };
      const isStored = await prisma.$transaction(async (tx) => {
        const { count: added } = await tx.profile.createMany({ data: [row], skipDuplicates: true });
        if (added > 0) return true;
        const { count } = await tx.profile.updateMany({
          where: { name, kind },
          data: { targets: row.targets },
        });
        return count > 0;
      });
      if (!isStored) throw new Error(`the kind of profile ${name} never changes; ${kind} is another`);
    },
    find: async (name) => {
      const row = await prisma.profile.findUnique({ where: { name } });
      return row ? profileOfRow(row) : undefined;
    },
    all: async () => (await prisma.profile.findMany({ orderBy: { name: 'asc' } })).map(profileOfRow),
  };
}

function profileOfRow({ name, kind, targets, createdAt }: ProfileRow): Profile {
  return { name, kind: parsed({ table: 'profile', id: name }, Kind, kind), targets, createdAt };
}
