import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  createMachine,
  ensurePortage,
  prepareLab,
  resolvePlan,
  type Machine,
  type PlanDocument,
} from './index.js';

const workspace = join(import.meta.dirname, '..', '..', '..', '..');
const setup = await ensurePortage({ cacheDir: join(workspace, '.cache') });
const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;

/** Ebuilds beside those of the lab: a name, and what differs from an empty package. */
const extras: Readonly<Record<string, string>> = {
  'lab-apps/needs-use-1': 'RDEPEND="lab-libs/checksum[static-libs]"',
  'lab-apps/needs-masked-1': 'RDEPEND="lab-libs/tlsbig"',
  'lab-apps/needs-nothing-1': 'RDEPEND="lab-libs/nothing"',
  'lab-apps/undecided-1': 'IUSE="+a +b"\nREQUIRED_USE="^^ ( a b )"',
  'lab-apps/needs-old-1': 'RDEPEND="<lab-libs/icu-2:="',
  'lab-apps/needs-new-1': 'RDEPEND=">=lab-libs/icu-2:="',
  'lab-apps/hates-squash-1': 'RDEPEND="!!lab-libs/squash"',
  'lab-libs/icu-1': 'SLOT="0/1"',
  'lab-libs/icu-2': 'SLOT="0/2"',
};

describeWithPortage('problems of a plan', () => {
  let dir: string;
  let machine: Machine;

  beforeAll(async () => {
    if (setup.kind !== 'ready') throw new Error(setup.reason);
    const { portage } = setup;
    dir = await mkdtemp(join(tmpdir(), 'swarm-problems-'));
    const labDir = join(dir, 'lab');
    await cp(join(workspace, 'lab'), labDir, { recursive: true });
    for (const [cpv, lines] of Object.entries(extras)) {
      const name = cpv.replace(/-\d+$/, '');
      const home = join(labDir, 'repo', name);
      await mkdir(home, { recursive: true });
      const head = 'EAPI=8\nDESCRIPTION="for a test"\nLICENSE="GPL-2+"\nSLOT="0"\nKEYWORDS="amd64"\n';
      await writeFile(join(home, `${cpv.slice(cpv.indexOf('/') + 1)}.ebuild`), `${head}${lines}\n`);
    }
    const repository = await prepareLab({ labDir, stateDir: join(dir, 'state'), portage });
    machine = await createMachine({ name: 'drone', dir: join(dir, 'drone'), repository, portage });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function plan(...atoms: string[]): Promise<PlanDocument> {
    const resolution = await resolvePlan(machine, { atoms });
    if (resolution.kind !== 'resolved') throw new Error(resolution.summary);
    return resolution.document;
  }

  it.each([
    [['lab-apps/needs-use'], { kind: 'use-change', line: '>=lab-libs/checksum-2.1 static-libs' }],
    [
      ['lab-apps/needs-masked'],
      { kind: 'masked', atom: 'lab-libs/tlsbig', requiredBy: 'lab-apps/needs-masked-1' },
    ],
    [['lab-apps/needs-nothing'], { kind: 'unsatisfied', atom: 'lab-libs/nothing' }],
    [['lab-apps/undecided'], { kind: 'required-use', requiredUse: '^^ ( a b )' }],
    [['lab-apps/needs-old', 'lab-apps/needs-new'], { kind: 'slot-conflict', slot: 'lab-libs/icu:0' }],
    [
      ['lab-apps/hates-squash', 'lab-libs/squash'],
      { kind: 'blocker', packages: ['lab-apps/hates-squash-1'] },
    ],
    [['@no-such-set'], { kind: 'invalid-request' }],
    [['no atom'], { kind: 'unknown' }],
  ])('of %j are told by class', async (atoms, expected) => {
    const document = await plan(...atoms);
    expect(document.ok).toBe(false);
    expect(document.problems[0]).toMatchObject(expected);
    expect(document.problems[0]?.text).not.toBe('');
  });

  it('do not come from options that pose as targets', async () => {
    const resolution = await resolvePlan(machine, { atoms: ['--depclean'] });
    expect(resolution).toMatchObject({ kind: 'failed', summary: '--depclean is no atom and no set' });
  });

  it('do not hide what was found before', async () => {
    const { packages, edges } = await plan('lab-apps/needs-nothing', 'lab-apps/oldchat');
    expect(packages.map(({ cpv }) => cpv)).toEqual(
      expect.arrayContaining(['lab-libs/wire-2.8.1', 'lab-apps/oldchat-0.3', 'lab-apps/needs-nothing-1']),
    );
    expect(edges).toHaveLength(1);
  });
});

describe('ensurePortage', () => {
  const isInstalled = setup.kind === 'ready' && setup.portage.source === 'pypi';
  (isInstalled ? it : it.skip)('says why there is no Portage, and what to do', async () => {
    const answer = await ensurePortage({ cacheDir: '/dev/null/cache' });
    expect(answer).toMatchObject({ kind: 'unavailable' });
    if (answer.kind === 'unavailable')
      expect(`${answer.reason}; ${answer.remedy}`).toContain('/dev/null/cache');
  });
});
