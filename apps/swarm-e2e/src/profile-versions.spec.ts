import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ensurePortage, treeDigest } from '@swarm/adapter-portage';
import type { PlanDetail } from '@swarm/contracts';
import type { Configuration } from '@swarm/domain-plan';
import { repositoryRoot } from '@swarm/testing';

import { startTestSwarm, type TestSwarm } from './test-swarm.js';

const LIMIT_MS = 300_000;

const home = repositoryRoot();
const setup = await ensurePortage({ cacheDir: join(home, '.cache') });
const whenPortageIsThere = setup.kind === 'ready' ? describe : describe.skip;

whenPortageIsThere('a swarm whose profile changes, on real Portage', () => {
  let directory: string;
  let swarm: TestSwarm;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'swarm-versions-'));
    swarm = await startTestSwarm({ executor: 'portage' });
  }, LIMIT_MS);

  afterAll(async () => {
    await swarm[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }, LIMIT_MS);

  async function plan(...targets: string[]): Promise<PlanDetail> {
    return JSON.parse(await swarm.command('plan', ...targets, '--wait', '--json')) as PlanDetail;
  }

  const built = ({ jobs }: PlanDetail): string[] => jobs.map(({ cpv }) => cpv).sort();

  it(
    'builds what a finding held back, once its line is accepted (S9)',
    async () => {
      const targets = ['lab-trouble/newreader', 'lab-trouble/oldreader'];
      const first = await plan(...targets);
      expect(built(first)).toEqual([
        'lab-trouble/icuish-71.1',
        'lab-trouble/newreader-1',
        'lab-trouble/shaping-2.0',
      ]);
      const [finding] = first.findings;
      expect(finding).toMatchObject({ kind: 'slot-conflict', remedies: [{ file: 'package.use' }] });
      expect(finding?.parents.map(({ cpv }) => cpv).sort()).toEqual([
        'lab-trouble/newreader-1',
        'lab-trouble/oldreader-1',
      ]);

      await swarm.command('plan', 'show', first.plan.id, '--accept', finding?.id ?? '');
      const second = await plan(...targets);
      expect(second.findings).toEqual([]);
      expect(second.plan.configuration?.number).toBe((first.plan.configuration?.number ?? 0) + 1);
      expect(built(second)).toContain('lab-trouble/oldreader-1');
      expect(second.jobs.every(({ state }) => state === 'published')).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'follows a bumped library: its := consumers are rebuilt when the sub-slot moves, and nobody when its ABI stays (S17, S33, Q15)',
    async () => {
      const lab = join(directory, 'repo');
      await cp(join(home, 'lab', 'repo'), lab, { recursive: true });
      const packageDir = join(lab, 'lab-libs', 'checksum');
      const ebuild = await readFile(join(packageDir, 'checksum-2.1.ebuild'), 'utf8');
      const targets = ['lab-apps/sumcheck', 'lab-libs/logkit'];
      const bump = async (version: string): Promise<PlanDetail> => {
        await writeFile(
          join(packageDir, `checksum-${version}.ebuild`),
          ebuild.replace('SLOT="0/2"', 'SLOT="0/3"'),
        );
        await push(lab);
        return plan(...targets);
      };
      expect(built(await plan(...targets))).toEqual([
        'lab-apps/sumcheck-2.0',
        'lab-libs/checksum-2.1',
        'lab-libs/logkit-1.1',
        'lab-libs/ringbuf-1.4',
      ]);

      const moved = await bump('3.0');
      expect(built(moved)).toEqual(['lab-apps/sumcheck-2.0', 'lab-libs/checksum-3.0']);
      const sumcheck = moved.jobs.find(({ cpv }) => cpv === 'lab-apps/sumcheck-2.0');
      expect(sumcheck).toMatchObject({ state: 'published', why: 'sub-slot of lab-libs/checksum 2 → 3' });

      const kept = await bump('3.1');
      expect(built(kept)).toEqual(['lab-libs/checksum-3.1']);
      const { plans } = (await swarm.get('/plans')) as { plans: readonly { readonly origin: string }[] };
      expect(plans.map(({ origin }) => origin)).not.toContain('abi-change');
    },
    LIMIT_MS,
  );

  /** Pushes the profile with its repository at this directory's present state. */
  async function push(path: string): Promise<void> {
    const shown = JSON.parse(await swarm.command('profile', 'show', 'lab', '--json')) as {
      configuration: Configuration;
    };
    const { configuration } = shown;
    const revision = `tree:${await treeDigest(path)}`;
    const repositories = configuration.repositories.map(({ name }) => {
      return { name, source: { kind: 'directory', path }, revision };
    });
    const file = join(directory, 'configuration.json');
    await writeFile(file, JSON.stringify({ ...configuration, repositories }));
    await swarm.command('profile', 'push', 'lab', '--configuration', file, '--reason', 'a bump');
  }
});
