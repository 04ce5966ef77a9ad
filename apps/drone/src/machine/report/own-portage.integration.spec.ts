import { createHash } from 'node:crypto';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMachine, ensurePortage, type Machine, prepareLab, systemPath } from '@swarm/adapter-portage';
import { auditMachine, fingerprintText, type MachineReport } from '@swarm/domain-drone-audit';
import { silentLogger } from '@swarm/platform';
import { repositoryRoot, type TempDir, tempDir } from '@swarm/testing';

import { ConfiguredExecutor } from '../../executors/configured-executor.js';
import { collectReport } from './collect-report.js';

const cacheDir = join(repositoryRoot(), '.cache');
const setup = await ensurePortage({ cacheDir });
const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;

describeWithPortage('the report of a machine with real Portage', () => {
  let state: TempDir;
  beforeEach(async () => {
    state = await tempDir('own-portage');
  });
  afterEach(async () => {
    await state[Symbol.asyncDispose]();
  });

  async function machineOf(name: string): Promise<Machine> {
    if (setup.kind !== 'ready') throw new Error(setup.reason);
    const { portage } = setup;
    const lab = { labDir: join(repositoryRoot(), 'lab'), stateDir: join(cacheDir, 'test-lab') };
    const repository = await prepareLab({ ...lab, portage });
    return createMachine({ name, dir: join(state.path, name), repository, portage, variables: {} });
  }

  function reportOf(machine: Machine): Promise<MachineReport> {
    const executor = new ConfiguredExecutor({ machine, cacheDir, logger: silentLogger() });
    const { ownPortage: portage, portageVersion } = executor;
    return collectReport({
      ...{ drone: machine.name, profile: 'lab', agentVersion: '1', stateDir: state.path, root: state.path },
      ...{ portage, portageVersion, path: systemPath, limitMs: 60_000 },
    });
  }

  const auditOf = (machine: MachineReport, peer: MachineReport) =>
    auditMachine({ machine, peers: [peer], clockOffsetMs: 0, now: new Date() }).filter(
      // Disk and services are those of the machine that the test runs on.
      ({ subject }) => !['disk', 'services'].includes(subject),
    );
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  it('finds two that are set up alike to be alike, and names what is planted on one (S10, S35)', async () => {
    const [one, two] = [await machineOf('drone-1'), await machineOf('drone-2')];
    const [first, second] = [await reportOf(one), await reportOf(two)];
    expect(first).toMatchObject({
      ...{ variables: { kind: 'told' }, makeProfile: { kind: 'told' }, files: { kind: 'told' } },
      ...{
        repositories: { value: [expect.objectContaining({ name: 'swarm-lab' })] },
        toolchain: { kind: 'told' },
      },
    });
    expect(auditOf(first, second)).toEqual([]);
    expect(sha256(fingerprintText(first))).toBe(sha256(fingerprintText(second)));

    expect(first.makeProfile).toMatchObject({ value: expect.stringMatching(/\/profiles\/lab\//) });
    const etcPortage = join(two.paths.configRoot, 'etc/portage');
    await appendFile(join(etcPortage, 'make.conf'), '\nCFLAGS="-O3 -march=native"\nVIDEO_CARDS="intel"\n');
    await mkdir(join(etcPortage, 'package.use'), { recursive: true });
    await writeFile(join(etcPortage, 'package.use/planted'), 'lab-libs/greet -nls\n');
    // A profile of its own making, as a directory: its parents are told.
    await rm(join(etcPortage, 'make.profile'));
    await mkdir(join(etcPortage, 'make.profile'));
    const { value: profile } = first.makeProfile as { readonly value: string };
    await writeFile(join(etcPortage, 'make.profile/parent'), `# mine\n${profile}\n${profile}/../base\n`);
    const drifted = await reportOf(two);
    const found = auditOf(drifted, first);
    expect(found.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual(
      expect.arrayContaining(['error CFLAGS', 'error VIDEO_CARDS', 'error package.use', 'error profile']),
    );
    expect(found.find(({ subject }) => subject === 'package.use')?.here).toContain('lab-libs/greet -nls');
    expect(fingerprintText(drifted)).not.toBe(fingerprintText(first));
  });

  it('says what Portage said where its configuration cannot be read (S35)', async () => {
    const machine = await machineOf('drone-1');
    await writeFile(join(machine.paths.configRoot, 'etc/portage/make.conf'), 'CFLAGS="-O2\n');
    const report = await reportOf(machine);
    expect(report.variables).toMatchObject({
      kind: 'untold',
      why: expect.stringContaining('Portage could not tell'),
    });
    expect(report.files.kind).toBe('told');
  });
});
