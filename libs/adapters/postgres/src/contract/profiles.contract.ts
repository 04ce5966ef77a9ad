import { randomUUID } from 'node:crypto';

import { beforeEach, expect, it } from '@jest/globals';
import { outgoing } from '@swarm/contracts';
import type { Configuration, ProfileVersion, VersionPush } from '@swarm/domain-plan';
import type { Outgoing } from '@swarm/kernel';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { AT, later, unknownMessage } from './samples.contract.js';

const digestOf = (): string => `${randomUUID()}${randomUUID()}`.replaceAll('-', '');

function aConfiguration(files: Configuration['files'] = { 10: 'a\n', 9: 'é "\\u0000"\n' }): Configuration {
  return {
    files,
    makeProfile: 'gentoo:default/linux/amd64/23.0',
    world: ['b/b', 'a/a', '@set'],
    repositories: [
      { name: 'gentoo', source: { kind: 'git', url: 'https://git.example/g' }, revision: 'a'.repeat(40) },
      { name: 'own', source: { kind: 'directory', path: '/own' }, revision: `tree:${'b'.repeat(64)}` },
    ],
  };
}

function pushed({ profile, number, digest, author, reason, createdAt }: ProfileVersion): readonly Outgoing[] {
  const id = randomUUID();
  const at = createdAt.toISOString();
  return [outgoing('ProfilePushed', id, { id, at, profile, number, digest, author, reason })];
}

/** What every ProfileRepository does with what is pushed. */
export function profileVersionsContract(ledger: () => TestLedger): void {
  let db: Database;
  let profile: string;
  beforeEach(async () => {
    db = ledger().open();
    profile = await aProfile();
  });

  async function aProfile(): Promise<string> {
    const name = `p-${randomUUID()}`;
    await db.profiles.put({ name, kind: 'portage', targets: ['@world'], createdAt: AT });
    return name;
  }

  function aPush(fields: Partial<VersionPush> = {}): VersionPush {
    const who = { author: 'operator', reason: 'first', at: AT, outgoing: pushed };
    return { profile, digest: digestOf(), configuration: aConfiguration(), ...who, ...fields };
  }

  it('numbers what is pushed, and gives it back whole', async () => {
    expect(await db.profiles.current(profile)).toBeUndefined();
    expect(await db.profiles.versions(profile)).toEqual([]);
    const first = await db.profiles.pushVersion(aPush());
    const second = await db.profiles.pushVersion(
      aPush({ configuration: aConfiguration({}), reason: 'second', at: later(1) }),
    );
    expect(first).toEqual({
      profile,
      number: 1,
      digest: first.digest,
      configuration: aConfiguration(),
      createdAt: AT,
      author: 'operator',
      reason: 'first',
    });
    expect(second).toMatchObject({ number: 2, configuration: aConfiguration({}), createdAt: later(1) });
    expect(await db.profiles.current(profile)).toEqual(second);
    expect(await db.profiles.version(first.digest)).toEqual(first);
    expect(await db.profiles.numbered(profile, 1)).toEqual(first);
    for (const number of [0, 3, 1.5, 2 ** 40]) {
      expect(await db.profiles.numbered(profile, number)).toBeUndefined();
    }
    expect(await db.profiles.version(digestOf())).toBeUndefined();
    const summaries = [second, first].map(({ configuration: _content, ...summary }) => summary);
    expect(await db.profiles.versions(profile)).toEqual(summaries);
    expect(await db.profiles.versions('nobody')).toEqual([]);
  });

  it('makes no second version of what is current, and one of what is current no more', async () => {
    const own = ledger().open();
    const push = aPush();
    const first = await own.profiles.pushVersion(push);
    expect(await own.profiles.pushVersion({ ...push, reason: 'again', at: later(1) })).toEqual(first);
    expect(await own.outbox.unsent(10)).toHaveLength(1);
    await own.profiles.pushVersion(aPush());
    const third = await own.profiles.pushVersion({ ...push, at: later(2) });
    expect(third).toMatchObject({ number: 3, digest: push.digest });
    expect(await own.profiles.version(push.digest)).toEqual(third);
    expect(await own.outbox.unsent(10)).toHaveLength(3);
  });

  it('counts for each profile, and finds the newest of one digest among all', async () => {
    const push = aPush();
    await db.profiles.pushVersion(push);
    const other = await aProfile();
    const later1 = await db.profiles.pushVersion({ ...push, profile: other, at: later(1) });
    expect(later1).toMatchObject({ profile: other, number: 1 });
    expect(await db.profiles.version(push.digest)).toEqual(later1);
    expect(await db.profiles.current(profile)).toMatchObject({ profile, number: 1 });
  });

  it('gives numbers without gap or race to pushes at once', async () => {
    const pushes = Array.from({ length: 8 }, () => aPush());
    const made = await Promise.all(pushes.map((push) => db.profiles.pushVersion(push)));
    expect(made.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await db.profiles.versions(profile)).toHaveLength(8);
  });

  it('lets nobody replace a version that he did not see', async () => {
    const own = ledger().open();
    await own.profiles.pushVersion(aPush());
    const second = await own.profiles.pushVersion(aPush({ replaces: 1 }));
    expect(second.number).toBe(2);
    expect(await own.profiles.pushVersion(aPush({ replaces: 1 }))).toEqual(second);
    expect(await own.profiles.versions(profile)).toHaveLength(2);
    expect(await own.outbox.unsent(10)).toHaveLength(2);
  });

  it('stores a version with its message, or not at all', async () => {
    const push = aPush({ outgoing: () => [unknownMessage] });
    await expect(db.profiles.pushVersion(push)).rejects.toThrow('NobodyKnows');
    await expect(db.profiles.pushVersion(aPush({ profile: 'nobody' }))).rejects.toThrow('nobody');
    expect(await db.profiles.current(profile)).toBeUndefined();
  });
}
