import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import {
  buildPackage,
  clearLeftovers,
  createMachine,
  installDependencies,
  listInstalled,
  resolvePlan,
  updateWorld,
  type BuildPackageRequest,
  type BuiltPackage,
  type EbuildRepository,
  type Machine,
} from './index.js';
import { describeWithPortage, preparedLab } from './lab.fixture.js';
import { membersOf } from './process-tree.js';
import { runProcess } from './run-process.js';
import { startStaging, type Staging } from './staging.fixture.js';

/** What `lab/README.md` promises about `@world`: who is needed, to build (b) and to run (r, p for afterwards). */
const worldEdges = [
  'lab-apps/archiver-1.1 -> lab-libs/checksum-2.1 br',
  'lab-apps/archiver-1.1 -> virtual/squash-1 br',
  'lab-apps/chat-0.8 -> lab-libs/logkit-1.1 br',
  'lab-apps/chat-0.8 -> lab-libs/wire-3.0.4 br',
  'lab-apps/fetchlite-1.5 -> lab-libs/confkit-0.5 br',
  'lab-apps/fetchlite-1.5 -> lab-libs/netlite-1.2 br',
  'lab-apps/greeter-1.0 -> lab-libs/canvas-4.2 br',
  'lab-apps/greeter-1.0 -> lab-libs/checksum-2.1 br',
  'lab-apps/greeter-1.0 -> lab-libs/logkit-1.1 br',
  'lab-apps/greeter-1.0 -> lab-libs/textkit-1.3.2 br',
  'lab-apps/greeter-1.0 -> lab-libs/unitable-15.1 br',
  'lab-apps/longhaul-1.0 -> lab-libs/textkit-1.3.2 br',
  'lab-apps/oldchat-0.3 -> lab-libs/wire-2.8.1 br',
  'lab-apps/plugtool-1.0 -> lab-libs/plugcore-1.0 br',
  'lab-apps/sumcheck-2.0 -> lab-libs/checksum-2.1 br',
  'lab-apps/tablebook-1.0 -> lab-build/tablegen-0.9 b',
  'lab-apps/typeset-1.0 -> lab-libs/glyphs-2.13 br',
  'lab-apps/typeset-1.0 -> lab-libs/shaper-8.3 br',
  'lab-build/tablegen-0.9 -> lab-libs/checksum-2.1 br',
  'lab-libs/canvas-4.2 -> lab-libs/rawpng-1.6 br',
  'lab-libs/canvas-4.2 -> lab-libs/unitable-15.1 br',
  'lab-libs/confkit-0.5 -> lab-libs/textkit-1.3.2 br',
  'lab-libs/glyphs-2.13 -> lab-libs/shaper-8.3 br',
  'lab-libs/logkit-1.1 -> lab-libs/ringbuf-1.4 b',
  'lab-libs/netlite-1.2 -> lab-libs/tlsmini-2.4 br',
  'lab-libs/plugcore-1.0 -> lab-libs/plugextras-1.0 p',
  'lab-libs/plugextras-1.0 -> lab-libs/plugcore-1.0 br',
  'lab-libs/rawpng-1.6 -> lab-libs/checksum-2.1 br',
  'lab-libs/rawpng-1.6 -> virtual/squash-1 br',
  'lab-libs/shaper-8.3 -> lab-libs/glyphs-2.13 br',
  'lab-libs/textkit-1.3.2 -> lab-libs/ringbuf-1.4 b',
  'lab-libs/unitable-15.1 -> lab-build/tablegen-0.9 b',
  'virtual/squash-1 -> lab-libs/squash-1.0 r',
];

describeWithPortage('real Portage', () => {
  let dir: string;
  let repository: EbuildRepository;
  let staging: Staging;
  let first: Machine;
  let second: Machine;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'swarm-portage-'));
    const prepared = await preparedLab();
    ({ repository } = prepared);
    const { portage } = prepared;
    staging = await startStaging(join(dir, 'staging'));
    const variables = { LAB_STATE_DIR: dir, LAB_SLOW_SECONDS: '60' };
    const machine = (name: string): Promise<Machine> =>
      createMachine({ name, dir: join(dir, name), repository, portage, variables });
    [first, second] = await Promise.all([machine('drone-1'), machine('drone-2')]);
  });

  afterAll(async () => {
    await staging.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function build(
    machine: Machine,
    cpv: string,
    more: Partial<BuildPackageRequest> = {},
  ): Promise<BuiltPackage> {
    const outcome = await buildPackage(machine, { cpv, timeoutMs: 60_000, ...more });
    if (outcome.kind === 'failed') throw new Error(`${cpv}: ${outcome.summary}\n${outcome.logTail}`);
    await staging.add(outcome);
    return outcome;
  }

  async function install(machine: Machine, ...cpvs: string[]): Promise<readonly string[]> {
    const outcome = await installDependencies(machine, {
      packages: cpvs.map((cpv) => ({ cpv })),
      binhostUrl: staging.url,
      timeoutMs: 120_000,
    });
    if (outcome.kind === 'failed')
      throw new Error(`${cpvs.join(' ')}: ${outcome.summary}\n${outcome.logTail}`);
    return outcome.installed;
  }

  it('resolves @world to the packages and edges that the lab promises, its cycle included', async () => {
    const plan = await resolvePlan(first, { atoms: ['@world'] });
    if (plan.kind !== 'resolved') throw new Error(plan.summary);
    const { packages, edges, ok, problems } = plan.document;
    expect({ ok, problems: problems.map(({ kind }) => kind) }).toEqual({ ok: false, problems: ['circular'] });
    expect(packages.length).toBeGreaterThanOrEqual(22);
    expect(new Set(packages.map(({ root }) => root))).toEqual(new Set(['target']));
    const name = (i: number): string => packages[i]?.cpv ?? '';
    const letters = {
      buildtime: 'b',
      runtime: 'r',
      runtime_post: 'p',
      buildtime_slot_op: '',
      runtime_slot_op: '',
    };
    const shown = edges.map(
      (edge) =>
        `${name(edge.parent)} -> ${name(edge.child)} ${edge.kinds.map((kind) => letters[kind]).join('')}`,
    );
    expect(shown.sort()).toEqual(worldEdges);
    const canvas = packages.find(({ pn }) => pn === 'canvas');
    expect(canvas).toMatchObject({
      use: ['ansi', 'png'],
      iuse: ['ansi', '+png'],
      slot: '0',
      repository: 'swarm-lab',
    });
    expect(canvas?.dependencies.RDEPEND).toBe('lab-libs/unitable:= png? ( lab-libs/rawpng:= )');
  });

  it('names a cycle and the USE change that opens it', async () => {
    const plan = await resolvePlan(first, { atoms: ['lab-apps/typeset'] });
    if (plan.kind !== 'resolved') throw new Error(plan.summary);
    expect(plan.document.ok).toBe(false);
    expect(plan.document.packages.map(({ pn }) => pn).sort()).toEqual(['glyphs', 'shaper', 'typeset']);
    const [problem] = plan.document.problems;
    expect(problem?.kind).toBe('circular');
    expect(problem?.text).toContain('Change USE: -shaper');
  });

  it('says what is masked or unknown, and still plans the rest', async () => {
    const plan = await resolvePlan(first, {
      atoms: ['lab-libs/tlsbig', 'lab-libs/nothing', 'lab-apps/oldchat'],
    });
    if (plan.kind !== 'resolved') throw new Error(plan.summary);
    expect(plan.document.problems.map(({ kind }) => kind).sort()).toEqual(['masked', 'unsatisfied']);
    expect(plan.document.packages.map(({ pn }) => pn)).toEqual(['wire', 'oldchat']);
  });

  it('S34: installs on one drone what another has built, and never compiles it again', async () => {
    const { packagesEntry } = await build(first, 'lab-libs/ringbuf-1.4');
    expect(await install(second, 'lab-libs/ringbuf-1.4')).toEqual(['lab-libs/ringbuf-1.4']);
    const [ringbuf] = await listInstalled(second);
    expect(ringbuf).toMatchObject({
      cpv: 'lab-libs/ringbuf-1.4',
      buildTime: Number(packagesEntry['BUILD_TIME']),
    });

    let output = '';
    await build(second, 'lab-libs/textkit-1.3.2', { onOutput: (chunk) => (output += chunk.toString()) });
    expect(output).toContain('Emerging (1 of 1) lab-libs/textkit-1.3.2');
    expect(output).not.toContain('Emerging (1 of 1) lab-libs/ringbuf');
    // Nothing to do a second time.
    expect(await install(second, 'lab-libs/ringbuf-1.4')).toEqual([]);
  });

  it('S34: runs a build tool that another drone has built', async () => {
    await build(first, 'lab-libs/checksum-2.1', { use: [] });
    await install(first, 'lab-libs/checksum-2.1');
    await build(first, 'lab-build/tablegen-0.9');
    await install(second, 'lab-libs/checksum-2.1', 'lab-build/tablegen-0.9');
    const { packagesEntry } = await build(second, 'lab-libs/unitable-15.1');
    expect(packagesEntry).toMatchObject({ SLOT: '0/15', BDEPEND: 'lab-build/tablegen', REPO: 'swarm-lab' });
  });

  it('replaces an installed package when the binhost has a newer build of it', async () => {
    await build(first, 'lab-libs/checksum-2.1', { use: ['static-libs'] });
    expect(await install(second, 'lab-libs/ringbuf-1.4', 'lab-libs/checksum-2.1')).toEqual([
      'lab-libs/checksum-2.1',
    ]);
    const checksum = (await listInstalled(second)).find(({ cpv }) => cpv === 'lab-libs/checksum-2.1');
    expect(checksum?.use).toContain('static-libs');
  });

  it('empties a build root in which the packages of an earlier plan are in the way', async () => {
    await build(first, 'lab-libs/squash-1.0');
    await build(first, 'lab-libs/minisquash-0.7');
    await install(first, 'lab-libs/squash-1.0');
    await install(first, 'lab-libs/minisquash-0.7');
    expect((await listInstalled(first)).map(({ cpv }) => cpv)).toEqual(['lab-libs/minisquash-0.7']);
  });

  it('installs the very build that is asked for where the binhost has two of one CPV (S11)', async () => {
    const cpv = 'lab-libs/checksum-2.1';
    const pathOf = async (use: readonly string[]): Promise<string> => {
      const outcome = await buildPackage(second, { cpv, use });
      if (outcome.kind === 'failed') throw new Error(outcome.summary);
      return staging.add(outcome);
    };
    const [plain, full] = [await pathOf([]), await pathOf(['static-libs'])];
    for (const [path, use] of [
      [full, true],
      [plain, false],
    ] as const) {
      const outcome = await installDependencies(first, {
        packages: [{ cpv, path }],
        binhostUrl: staging.url,
      });
      expect(outcome).toMatchObject({ kind: 'installed', installed: [cpv] });
      const installed = (await listInstalled(first)).find((each) => each.cpv === cpv);
      expect(installed?.use.includes('static-libs')).toBe(use);
    }
  });

  it('refuses a build whose dependencies are not installed, and a binary that no binhost has', async () => {
    const outcome = await buildPackage(first, { cpv: 'lab-libs/canvas-4.2' });
    expect(outcome).toMatchObject({ kind: 'failed', class: 'dependency', exitCode: 1 });
    const installed = await installDependencies(first, {
      packages: [{ cpv: 'lab-libs/canvas-4.2' }],
      binhostUrl: staging.url,
    });
    expect(installed).toMatchObject({ kind: 'failed', class: 'dependency' });
  });

  it('classifies a compile failure, with its phase and the compiler’s own words', async () => {
    const outcome = await buildPackage(first, { cpv: 'lab-broken/never-1.0' });
    expect(outcome).toMatchObject({ kind: 'failed', class: 'compile', phase: 'compile', exitCode: 1 });
    if (outcome.kind === 'failed') expect(outcome.summary).toContain('not_declared_anywhere');
  });

  it('builds at the second try what failed at the first, on another machine', async () => {
    const cpv = 'lab-broken/second-try-1.0';
    expect(await buildPackage(first, { cpv })).toMatchObject({ kind: 'failed', class: 'compile' });
    expect(await buildPackage(second, { cpv })).toMatchObject({ kind: 'built', cpv });
  });

  it('stops a slow build on request, and leaves neither processes nor a build directory', async () => {
    await install(second, 'lab-libs/textkit-1.3.2');
    const stop = new AbortController();
    const outcome = await buildPackage(second, {
      cpv: 'lab-apps/longhaul-1.0',
      signal: stop.signal,
      onOutput: (chunk) => {
        if (chunk.includes('[2/60]')) stop.abort();
      },
    });
    expect(outcome).toMatchObject({ kind: 'failed', class: 'killed' });
    expect(await membersOf({ workDir: second.paths.temporary })).toEqual([]);
    expect(await readdir(join(second.paths.temporary, 'portage', 'lab-apps'))).not.toContain('longhaul-1.0');
  });

  it('ends at its start what a killed agent of the same machine left running', async () => {
    let cleared: Promise<readonly number[]> | undefined;
    const outcome = await buildPackage(second, {
      cpv: 'lab-apps/longhaul-1.0',
      onOutput: (chunk) => {
        if (chunk.includes('[1/60]')) cleared = clearLeftovers(second);
      },
    });
    expect(await cleared).toEqual([]);
    expect(outcome).toMatchObject({ kind: 'failed', class: 'killed' });
    expect(await readdir(second.paths.temporary)).toEqual([]);
    expect(await listInstalled(second)).not.toEqual([]);
  });

  it('stops a build that says nothing for too long', async () => {
    const outcome = await buildPackage(second, {
      cpv: 'lab-apps/longhaul-1.0',
      silenceMs: 900,
      graceMs: 100,
    });
    expect(outcome).toMatchObject({ kind: 'failed', class: 'silence' });
    expect(await membersOf({ workDir: second.paths.temporary })).toEqual([]);
  });

  it('updates the @world of a workstation from a binhost alone', async () => {
    await build(first, 'lab-libs/wire-2.8.1');
    await install(first, 'lab-libs/wire-2.8.1');
    await build(first, 'lab-apps/oldchat-0.3');
    const setsDir = join(dir, 'small-sets');
    await mkdir(setsDir);
    await writeFile(join(setsDir, 'world'), 'lab-apps/oldchat\n');
    const workstation = await createMachine({
      name: 'workstation',
      dir: join(dir, 'workstation'),
      repository: { ...repository, setsDir },
      portage: first.portage,
      disposableRoot: false,
    });
    const shown = await updateWorld(workstation, { binhostUrl: staging.url, pretend: true });
    expect(shown).toMatchObject({ kind: 'updated', installed: [] });
    const update = await updateWorld(workstation, { binhostUrl: staging.url });
    expect(update).toMatchObject({ installed: ['lab-apps/oldchat-0.3', 'lab-libs/wire-2.8.1'] });

    const usr = join(workstation.paths.root, 'usr');
    const said = await runProcess({
      command: [join(usr, 'bin', 'oldchat')],
      environment: { LD_LIBRARY_PATH: join(usr, 'lib64') },
    });
    expect(said.tail).toBe('wire protocol 2, library 2.8.1\n');
  });
});
