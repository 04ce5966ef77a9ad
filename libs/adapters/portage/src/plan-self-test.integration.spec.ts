import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { createMachine, type Machine } from './index.js';
import { describeWithPortage, preparedLab } from './lab.fixture.js';
import { parseDocument, resolvePlan, selfTest } from './resolve-plan.js';
import { runProcess } from './run-process.js';

const shimDir = join(import.meta.dirname, '..', 'shim');

describeWithPortage('the self-test of the shim', () => {
  let dir: string;
  let machine: Machine;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'swarm-self-test-'));
    const { portage, repository } = await preparedLab();
    machine = await createMachine({ name: 'drone', dir: join(dir, 'drone'), repository, portage });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  /** Runs a copy of the shim in which one passage says something else. */
  async function withFault(file: string, passage: string, instead: string): Promise<string> {
    const copy = await mkdtemp(join(dir, 'shim-'));
    await cp(shimDir, copy, { recursive: true });
    const path = join(copy, 'swarm_plan', file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(passage)) throw new Error(`${file} does not say ${passage}`);
    await writeFile(
      path,
      text.replace(passage, () => instead),
    );
    const { exitCode, answer } = await runProcess({
      command: [machine.portage.python, join(copy, 'plan.py'), '--self-test'],
      environment: machine.environment,
      timeoutMs: 60_000,
      answerLimitBytes: 64 * 1024,
    });
    return `${exitCode} ${answer}`;
  }

  /** The same machine, with a Portage that is changed by Python code when it is loaded. */
  async function withPortage(code: string): Promise<Machine> {
    const path = await mkdtemp(join(dir, 'python-'));
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'sitecustomize.py'), code);
    return { ...machine, environment: { ...machine.environment, PYTHONPATH: path } };
  }

  it('passes with the Portage of this machine', async () => {
    const { kind, summary } = await selfTest(machine);
    expect(summary).toBe(`self-test with Portage ${machine.portage.version}: all is as it must be`);
    expect(kind).toBe('passed');
  });

  it.each([
    ['packages.py', '"runtime_slot_op", "runtime_post"', '"runtime_slot_op"', 'edges: missing'],
    ['sources.py', 'settings.setcpv(package)', 'pass', 'package.env'],
    ['sources.py', 'self._file(eclasses[name])', '""', 'changed by an eclass'],
    ['sources.py', 'os.path.relpath(path, top)', 'path', 'changed by an eclass'],
    ['cycles.py', 'len(knot) > 1', 'len(knot) > 9', 'circular'],
    ['trial.py', 'file.write(f"\\n{each[\'line\']}\\n")', 'pass', 'slot-conflict'],
  ])('finds a fault in %s: %s', async (file, passage, instead, told) => {
    const answer = await withFault(file, passage, instead);
    expect(answer).toMatch(/^1 self-test/);
    expect(answer).toContain(told);
  });

  it.each([
    ['_get_masking_status', '_emerge.depgraph of Portage'],
    ['backtrack_depgraph', '_emerge.actions of Portage'],
  ])('names what a Portage lacks that the shim leans on, and gives no plan: %s', async (name, where) => {
    const changed = await withPortage(`import _emerge.depgraph as d\ndel d.${name}\n`);
    const resolution = await resolvePlan(changed, { atoms: ['lab-apps/oldchat'] });
    if (resolution.kind !== 'failed') throw new Error('there is a plan');
    expect(resolution.summary).toContain(where);
    expect(resolution.summary).toContain(name);
    const tested = await selfTest(changed);
    expect(tested.kind).toBe('failed');
    expect(tested.summary).toContain(name);
  });

  it('is the reason to warn of a Portage that it was never run with', async () => {
    const newer = await withPortage('import portage\nportage.VERSION = "9.0.1"\n');
    const resolution = await resolvePlan(newer, { atoms: ['lab-apps/oldchat'] });
    if (resolution.kind !== 'resolved') throw new Error(resolution.summary);
    expect(resolution.document.warnings).toEqual([
      expect.stringMatching(/^this shim was tried with Portage 3\.\S+ to 3\.\S+, not with 9\.0\.1$/),
    ]);
    expect(resolution.document.ok).toBe(true);
  });

  it('is not what a document is asked for', () => {
    expect(parseDocument('self-test with Portage 3.0.82: all is as it must be')).toMatchObject({ ok: false });
  });
});
