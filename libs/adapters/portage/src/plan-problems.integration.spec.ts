import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { createMachine, ensurePortage, resolvePlan, type Machine, type PlanDocument } from './index.js';
import { describeWithPortage, preparedLab, setup } from './lab.fixture.js';

const CONFIGURATION_FILES = [
  'package.use',
  'package.accept_keywords',
  'package.mask',
  'package.unmask',
  'package.license',
] as const;

type Line = readonly [file: string, line: string];

/** A class of problem that lines settle: what is asked for, what is found, who wants it, and the lines. */
interface Settled {
  readonly title: string;
  readonly targets: readonly string[];
  readonly found: Readonly<Record<string, unknown>>;
  readonly parents: readonly Line[];
  readonly lines: readonly Line[];
  /** Targets that are planned all the same; none unless said. */
  readonly planned?: readonly string[];
}

const settled: readonly Settled[] = [
  {
    title: 'a package that package.mask hides',
    targets: ['lab-trouble/shunned-user'],
    found: { kind: 'masked', atom: 'lab-trouble/shunned', requiredBy: 'lab-trouble/shunned-user-1' },
    parents: [['lab-trouble/shunned-user-1', 'lab-trouble/shunned']],
    lines: [['package.unmask', '=lab-trouble/shunned-1.0']],
  },
  {
    title: 'a package that has only the keyword of testers',
    targets: ['lab-trouble/untested-user'],
    found: { kind: 'masked', atom: 'lab-trouble/untested' },
    parents: [['lab-trouble/untested-user-1', 'lab-trouble/untested']],
    lines: [['package.accept_keywords', '=lab-trouble/untested-1.0 ~amd64']],
  },
  {
    title: 'a package without any keyword',
    targets: ['lab-trouble/foreign-user'],
    found: { kind: 'masked', atom: 'lab-trouble/foreign' },
    parents: [['lab-trouble/foreign-user-1', 'lab-trouble/foreign']],
    lines: [['package.accept_keywords', '=lab-trouble/foreign-1.0 **']],
  },
  {
    title: 'a licence that is not accepted',
    targets: ['lab-trouble/proprietary-user'],
    found: { kind: 'masked', atom: 'lab-trouble/proprietary' },
    parents: [['lab-trouble/proprietary-user-1', 'lab-trouble/proprietary']],
    lines: [['package.license', '=lab-trouble/proprietary-1.0 LAB-EULA']],
  },
  {
    title: 'a USE flag that has to change',
    targets: ['lab-trouble/optioned-user', 'lab-trouble/optioned'],
    found: { kind: 'use-change', cpv: 'lab-trouble/optioned-1.0', flags: ['deluxe'] },
    parents: [['lab-trouble/optioned-user-1', 'lab-trouble/optioned[deluxe]']],
    lines: [['package.use', '>=lab-trouble/optioned-1.0 deluxe']],
    planned: ['lab-trouble/optioned-1.0'],
  },
  {
    title: 'flags that do not satisfy REQUIRED_USE',
    targets: ['lab-trouble/undecided'],
    found: { kind: 'required-use', requiredUse: '^^ ( left right )', packages: ['lab-trouble/undecided-1'] },
    parents: [['', 'lab-trouble/undecided']],
    lines: [['package.use', '>=lab-trouble/undecided-1 -right']],
  },
  {
    title: 'two versions of a library that want one slot (S9)',
    targets: ['lab-trouble/newreader', 'lab-trouble/oldreader'],
    found: {
      kind: 'slot-conflict',
      slot: 'lab-trouble/icuish:0',
      rivals: ['lab-trouble/icuish-70.1', 'lab-trouble/icuish-71.1'],
      packages: ['lab-trouble/icuish-70.1', 'lab-trouble/oldreader-1'],
    },
    parents: [
      ['lab-trouble/newreader-1', '>=lab-trouble/icuish-71:='],
      ['lab-trouble/oldreader-1', '<lab-trouble/icuish-71:='],
    ],
    lines: [['package.use', '=lab-trouble/newreader-1 -emoji']],
    planned: ['lab-trouble/icuish-71.1', 'lab-trouble/newreader-1', 'lab-trouble/shaping-2.0'],
  },
  {
    title: 'a package that blocks another',
    targets: ['lab-trouble/courtship', 'lab-trouble/jealous'],
    found: {
      kind: 'blocker',
      blocking: ['lab-trouble/jealous-1.0'],
      blocked: ['lab-trouble/rival-1.0'],
      packages: ['lab-trouble/courtship-1', 'lab-trouble/rival-1.0'],
    },
    parents: [
      ['lab-trouble/courtship-1', 'lab-trouble/rival'],
      ['lab-trouble/jealous-1.0', '!!lab-trouble/rival'],
    ],
    lines: [['package.use', '=lab-trouble/courtship-1 -rivalry']],
    planned: ['lab-trouble/jealous-1.0'],
  },
];

/** Classes that no line settles: what is asked for, and what is found. */
const hopeless: readonly (readonly [target: string, found: Record<string, unknown>])[] = [
  [
    'lab-trouble/misspelt',
    { kind: 'unsatisfied', packages: ['lab-trouble/misspelt-1'], similar: ['lab-libs/checksum'] },
  ],
  [
    'lab-trouble/impatient',
    {
      kind: 'unsatisfied',
      packages: ['lab-trouble/impatient-1'],
      parents: [{ cpv: 'lab-trouble/impatient-1', atom: '>=lab-libs/checksum-99' }],
    },
  ],
  [
    'lab-apps/no-such',
    { kind: 'unsatisfied', atom: 'lab-apps/no-such', parents: [{ cpv: '', atom: 'lab-apps/no-such' }] },
  ],
  ['lab-trouble/garbled', { kind: 'masked', packages: ['lab-trouble/garbled-1'] }],
  [
    'lab-trouble/future',
    { kind: 'masked', candidates: [{ cpv: 'lab-trouble/future-1', reasons: ['EAPI 99'] }] },
  ],
  ['no atom', { kind: 'invalid-request', parents: [{ cpv: '', atom: 'no atom' }] }],
];

describeWithPortage('problems of a plan', () => {
  let dir: string;
  let machine: Machine;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'swarm-problems-'));
    const { portage, repository } = await preparedLab();
    machine = await createMachine({ name: 'drone', dir: join(dir, 'drone'), repository, portage });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  afterEach(async () => {
    for (const file of CONFIGURATION_FILES) await rm(configured(file), { force: true });
  });

  const configured = (file: string): string => join(machine.paths.configRoot, 'etc', 'portage', file);

  async function plan(...atoms: string[]): Promise<PlanDocument> {
    const resolution = await resolvePlan(machine, { atoms });
    if (resolution.kind !== 'resolved') throw new Error(resolution.summary);
    return resolution.document;
  }

  async function accept({ problems }: PlanDocument): Promise<void> {
    for (const { file, line } of problems.flatMap(({ remedies }) => remedies))
      await appendFile(configured(file), `${line}\n`);
  }

  const cpvs = ({ packages }: PlanDocument): string[] => packages.map(({ cpv }) => cpv).sort();

  it.each(settled)('name $title, who wants it, and the line after which all is planned', async (example) => {
    const before = await plan(...example.targets);
    expect(before.ok).toBe(false);
    expect(before.problems).toHaveLength(1);
    const [problem] = before.problems;
    expect(problem).toMatchObject(example.found);
    expect(problem?.text).not.toBe('');
    expect(problem?.parents.map(({ cpv, atom }) => [cpv, atom])).toEqual(example.parents);
    expect(problem?.remedies.map(({ file, line }) => [file, line])).toEqual(example.lines);
    expect(before.setAside).toEqual([{ target: expect.any(String), because: 0 }]);
    expect(before.settled).toBe(true);
    expect(cpvs(before)).toEqual(example.planned ?? []);

    await accept(before);
    const after = await plan(...example.targets);
    expect({ ok: after.ok, problems: after.problems, setAside: after.setAside }).toEqual({
      ok: true,
      problems: [],
      setAside: [],
    });
    for (const target of example.targets) expect(after.packages.map(({ cp }) => cp)).toContain(target);
  });

  it('name what no line settles, each apart, and offer none', async () => {
    const { ok, problems, setAside, packages } = await plan(
      ...hopeless.map(([target]) => target),
      'lab-apps/oldchat',
    );
    expect(ok).toBe(false);
    for (const [target, found] of hopeless) {
      const because = setAside.find((entry) => entry.target === target)?.because ?? -1;
      expect(problems[because]).toMatchObject({ ...found, remedies: [] });
    }
    expect(problems).toHaveLength(hopeless.length);
    expect(packages.map(({ pn }) => pn)).toEqual(['wire', 'oldchat']);
  });

  it('name a cycle and the flag that opens it, and keep the whole graph', async () => {
    const before = await plan('lab-trouble/henhouse');
    expect(before).toMatchObject({ ok: false, setAside: [] });
    expect(before.problems).toMatchObject([
      {
        kind: 'circular',
        packages: ['lab-trouble/egg-1.0', 'lab-trouble/hen-1.0'],
        remedies: [{ file: 'package.use', line: '=lab-trouble/hen-1.0 -hatched' }],
      },
    ]);
    expect(cpvs(before)).toEqual(['lab-trouble/egg-1.0', 'lab-trouble/hen-1.0', 'lab-trouble/henhouse-1']);
    expect(before.edges).toHaveLength(4);
    await accept(before);
    const after = await plan('lab-trouble/henhouse');
    expect({ ok: after.ok, ordered: after.ordered, problems: after.problems }).toEqual({
      ok: true,
      ordered: true,
      problems: [],
    });
  });

  it('name a cycle that no flag opens, and keep the whole graph', async () => {
    const { problems, setAside, packages, edges } = await plan('lab-trouble/ouroboros');
    expect(problems).toMatchObject([
      {
        kind: 'circular',
        packages: ['lab-trouble/ouroboros-head-1.0', 'lab-trouble/ouroboros-tail-1.0'],
        remedies: [],
      },
    ]);
    expect({ setAside, packages: packages.length, edges: edges.length }).toEqual({
      setAside: [],
      packages: 3,
      edges: 3,
    });
  });

  it('name what comes to light behind the first one, so that all lines can be accepted at once', async () => {
    const before = await plan('lab-trouble/thorny-user');
    expect(before.problems.map(({ kind }) => kind)).toEqual(['masked', 'masked']);
    expect(before.settled).toBe(true);
    expect(before.problems.flatMap(({ remedies }) => remedies.map(({ line }) => line))).toEqual([
      '=lab-trouble/thorny-1.0 ~amd64',
      '=lab-trouble/thorny-1.0 LAB-EULA',
      '=lab-trouble/untested-1.0 ~amd64',
    ]);
    await accept(before);
    expect((await plan('lab-trouble/thorny-user')).ok).toBe(true);
  });

  it('are told once, with all that want it, however many targets lead to it', async () => {
    const { problems, setAside } = await plan(
      'lab-trouble/untested-user',
      'lab-trouble/untested',
      '=lab-trouble/untested-user-1',
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]?.parents).toEqual([
      { cpv: '', atom: 'lab-trouble/untested' },
      { cpv: 'lab-trouble/untested-user-1', atom: 'lab-trouble/untested' },
    ]);
    expect(setAside.map(({ because }) => because)).toEqual([0, 0, 0]);
  });

  it('of one set leave another set as it is planned alone', async () => {
    const alone = await plan('@world');
    const before = await plan('@world', '@trouble');
    const planned = new Set(cpvs(before));
    expect(alone.packages.filter(({ cpv }) => !planned.has(cpv))).toEqual([]);
    expect(before.ok).toBe(false);
    const kinds = [
      'unsatisfied',
      'masked',
      'required-use',
      'use-change',
      'slot-conflict',
      'blocker',
      'circular',
    ];
    expect([...new Set(before.problems.map(({ kind }) => kind))]).toEqual(kinds);

    await accept(before);
    const after = await plan('@world', '@trouble');
    expect(after.setAside.map(({ target }) => target)).toEqual([
      'lab-trouble/future',
      'lab-trouble/garbled',
      'lab-trouble/impatient',
      'lab-trouble/misspelt',
    ]);
  });

  it('do not come from options that pose as targets', async () => {
    const resolution = await resolvePlan(machine, { atoms: ['--depclean'] });
    expect(resolution).toMatchObject({ kind: 'failed', summary: '--depclean is no atom and no set' });
  });

  it('are told of a set that does not exist', async () => {
    expect((await plan('@no-such-set')).problems).toMatchObject([{ kind: 'invalid-request' }]);
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
