import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PlanDocument as PlanningDocument } from '@swarm/contracts';
import { resolvePlan as resolveJobs, type JobGraph, type KnownBuild } from '@swarm/domain-plan';
import fc from 'fast-check';

import { createMachine, resolvePlan, type Machine } from './index.js';
import { pretendInstalled } from './installed.fixture.js';
import { describeWithPortage, preparedLab, workspace } from './lab.fixture.js';
import type { PlanDocument } from './plan-document.js';
import { runProcess } from './run-process.js';

/** Random changes of package.use that Portage judges; `npm run judge` takes more. */
const RUNS = Number(process.env['SWARM_JUDGE_RUNS'] ?? 8);
const SEED = Number(process.env['SWARM_JUDGE_SEED'] ?? Date.now() % 1_000_000_000);

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

function planOf(document: PlanDocument, known: readonly KnownBuild[]): JobGraph {
  return resolveJobs(PlanningDocument.parse(document), { digest, known });
}

/** Everything that a plan builds, as the binhost has it afterwards. */
function builtFrom({ jobs }: JobGraph): KnownBuild[] {
  return jobs.map(({ buildKey, inputs, needs, bootstrap }) => ({
    ...{ buildKey, inputs, bootstrap },
    needs: needs.map((need) => need.buildKey),
  }));
}

const namesOf = ({ jobs }: JobGraph): string[] =>
  jobs.map(({ cpv, bootstrap }) => (bootstrap ? `${cpv}#1` : cpv));

describeWithPortage('plans over real Portage', () => {
  let dir: string;
  let machine: Machine;

  async function machineFor(name: string, ownLab?: string): Promise<Machine> {
    const { portage, repository } = await preparedLab(
      ownLab === undefined ? undefined : { labDir: ownLab, stateDir: join(dir, 'lab') },
    );
    return createMachine({
      name,
      dir: join(dir, name),
      repository,
      portage,
      variables: { LAB_STATE_DIR: dir },
    });
  }

  async function resolve(on: Machine, ...atoms: string[]): Promise<PlanDocument> {
    const plan = await resolvePlan(on, { atoms });
    if (plan.kind !== 'resolved') throw new Error(plan.summary);
    return plan.document;
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'swarm-judge-'));
    machine = await machineFor('judge');
  });

  afterAll(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('open the cycle of two, of three, and two that overlap, each by one stage-1 build (S11)', async () => {
    const graph = planOf(await resolve(machine, '@cycle', 'lab-apps/typeset'), []);
    expect(graph.findings).toEqual([]);
    const names = namesOf(graph);
    expect(names.filter((name) => name.endsWith('#1')).sort()).toEqual([
      'lab-cycle/grammar-1.0#1',
      'lab-cycle/mixer-1.0#1',
      'lab-libs/glyphs-2.13#1',
    ]);
    expect(names).toHaveLength(9 + 3);
    const glyphs = graph.jobs.filter(({ cpv }) => cpv === 'lab-libs/glyphs-2.13');
    expect(glyphs.map(({ use, bootstrap }) => ({ use, bootstrap }))).toEqual([
      { use: [], bootstrap: true },
      { use: ['shaper'], bootstrap: false },
    ]);
  });

  it('name a cycle that nothing opens, and plan the rest of the set (S11)', async () => {
    const graph = planOf(await resolve(machine, '@broken'), []);
    expect(namesOf(graph).sort()).toEqual([
      'lab-broken/needs-never-1.0',
      'lab-broken/never-1.0',
      'lab-broken/second-try-1.0',
    ]);
    expect(graph.findings.map(({ kind }) => kind)).toEqual(['circular', 'left-out']);
    expect(graph.findings[0]?.packages.toSorted()).toEqual([
      'lab-trouble/ouroboros-head-1.0',
      'lab-trouble/ouroboros-tail-1.0',
    ]);
  });

  it('rebuild what is bound to a library whose sub-slot moves, and nobody when its ABI stays (S33, Q15)', async () => {
    const labDir = join(dir, 'bumped');
    await cp(join(workspace, 'lab'), labDir, { recursive: true });
    const packageDir = join(labDir, 'repo', 'lab-libs', 'checksum');
    const ebuild = await readFile(join(packageDir, 'checksum-2.1.ebuild'), 'utf8');
    const bump = async (version: string, subslot: string): Promise<JobGraph> => {
      await writeFile(
        join(packageDir, `checksum-${version}.ebuild`),
        ebuild.replace('SLOT="0/2"', `SLOT="0/${subslot}"`),
      );
      const bumped = await machineFor(`bumped-${version}`, labDir);
      const graph = planOf(await resolve(bumped, '@world'), known);
      known = [...builtFrom(graph), ...known];
      return graph;
    };
    const first = planOf(await resolve(machine, '@world'), []);
    let known: readonly KnownBuild[] = builtFrom(first);
    const consumers = first.jobs.filter(({ inputs }) =>
      inputs.bound.some((each) => each.startsWith('lab-libs/checksum:')),
    );
    expect(consumers.length).toBeGreaterThan(3);

    const moved = await bump('3.0', '3');
    expect(namesOf(moved).sort()).toEqual(
      [...consumers.map(({ cpv }) => cpv as string), 'lab-libs/checksum-3.0'].sort(),
    );
    for (const { cpv, why } of moved.jobs)
      if (cpv !== 'lab-libs/checksum-3.0') expect(why).toBe('sub-slot of lab-libs/checksum 2 → 3');

    const kept = await bump('3.1', '3');
    expect(kept.jobs.map(({ cpv, why }) => [cpv, why])).toEqual([
      ['lab-libs/checksum-3.1', 'version 3.0 → 3.1'],
    ]);
  });

  describe('after a change of package.use', () => {
    let known: readonly KnownBuild[];
    let document: PlanDocument;

    beforeAll(async () => {
      document = await resolve(machine, '@world');
      known = builtFrom(planOf(document, []));
      await pretendInstalled(machine.paths.root, document);
    });

    /** What `emerge -puDN --changed-use @world` would build; undefined where it gives up. */
    async function judged(): Promise<readonly string[] | undefined> {
      const options = ['--pretend', '--update', '--deep', '--newuse', '--changed-use', '--with-bdeps=y'];
      const plain = ['--ignore-default-opts', '--nospinner', '--color=n', '--autounmask=n'];
      const { exitCode, tail } = await runProcess({
        command: [...machine.portage.emerge, ...plain, ...options, '@world'],
        environment: machine.environment,
      });
      if (exitCode !== 0) return undefined;
      // A build tool is listed twice where it is wanted in both roots.
      return [...new Set([...tail.matchAll(/^\[ebuild[^\]]*\] (\S+)/gm)].map(([, cpv = '']) => cpv))].sort();
    }

    async function configure(lines: readonly string[]): Promise<void> {
      const directory = join(machine.paths.configRoot, 'etc', 'portage', 'package.use');
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'judge'), lines.map((line) => `${line}\n`).join(''));
    }

    it('nothing is built where nothing changed, as Portage says too', async () => {
      await configure([]);
      expect(await judged()).toEqual([]);
      expect(planOf(document, known).jobs).toEqual([]);
    });

    it(`exactly that is built which Portage itself would rebuild (S33; ${RUNS} changes, seed ${SEED})`, async () => {
      const flagged = document.packages.filter(({ iuse }) => iuse.length > 0);
      const change = fc.record({ at: fc.nat(), flag: fc.nat(), odds: fc.nat(9) });
      const changes = fc.sample(fc.array(change, { minLength: 1, maxLength: 3 }), {
        numRuns: RUNS,
        seed: SEED,
      });
      let [built, refused] = [0, 0];
      for (const each of changes) {
        const lines = each.map(({ at, flag, odds }) => {
          const {
            cp: name,
            iuse,
            use,
          } = flagged[at % flagged.length] ?? { cp: '', iuse: [], use: [] as readonly string[] };
          const chosen = (iuse[flag % iuse.length] ?? '').replace(/^[+-]/, '');
          // Mostly another value than it has: a line that changes nothing says little.
          const isOn = use.includes(chosen) === (odds === 1);
          return `${odds === 0 ? '*/*' : name} ${isOn ? '' : '-'}${chosen}`;
        });
        await configure(lines);
        const portage = await judged();
        const graph = planOf(await resolve(machine, '@world'), known);
        const ours = graph.jobs.filter(({ bootstrap }) => !bootstrap).map(({ cpv }) => cpv as string);
        const context = lines.join('; ');
        if (portage === undefined) {
          refused += 1;
          expect({ context, isNamed: graph.findings.length > 0 }).toEqual({ context, isNamed: true });
          continue;
        }
        expect({ context, jobs: ours.sort() }).toEqual({ context, jobs: portage });
        built += portage.length;
      }
      process.stdout.write(
        `${RUNS} changes, seed ${SEED}: ${built} rebuilds agreed, ${refused} refused by both\n`,
      );
    });
  });
});
