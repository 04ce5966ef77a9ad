import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { createPostgresLedger, type PostgresTestLedger } from './contract/ledgers.contract.js';
import { AT, sha256Of } from './contract/samples.contract.js';

describe('the versions of profiles over Postgres only', () => {
  let ledger: PostgresTestLedger;
  let sql: pg.Client;
  beforeAll(async () => {
    ledger = await createPostgresLedger();
    sql = new pg.Client({ connectionString: ledger.url });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await ledger[Symbol.asyncDispose]();
  });

  it('S17: the database itself refuses to change or delete what was pushed, whoever writes', async () => {
    const db = ledger.open();
    await db.profiles.put({ name: 'lab', kind: 'portage', targets: [], createdAt: AT });
    const configuration = { files: { a: '1' }, makeProfile: 'g:x', world: [], repositories: [] };
    const who = { author: 'ada', reason: 'first', at: AT, outgoing: () => [] };
    const pushed = await db.profiles.pushVersion({
      profile: 'lab',
      digest: sha256Of(1),
      configuration,
      ...who,
    });
    for (const change of [
      `update profile_version set configuration = '{}'`,
      `update profile_version set digest = '${sha256Of(2)}'`,
      `update profile_version set reason = 'other'`,
      'delete from profile_version',
    ]) {
      await expect(sql.query(change)).rejects.toThrow('is final');
    }
    await sql.query(`update profile set name = 'laboratory' where name = 'lab'`);
    expect(await db.profiles.current('laboratory')).toEqual({ ...pushed, profile: 'laboratory' });
  });
});
