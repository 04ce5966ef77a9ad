import { describe, expect, it } from '@jest/globals';
import {
  checkRequiredUse,
  evaluateDependencies,
  flattenAtoms,
  matchesAtom,
  parseDependencies,
  type Atom,
} from '@swarm/domain-ebuild';
import fc from 'fast-check';

import { stronglyConnected } from './dependency-graph.js';
import type { KnownBuild } from './known-build.js';
import { matchable } from './package-language.js';
import { resolvePlan, type JobGraph, type PlannedJob, type ResolverPorts } from './package-resolver.js';
import type { PlanDocument } from './plan-document.js';
import { anyWorld, documentOf, type Ebuild } from './world.arbitrary.js';

const digest = (inputs: string): string => inputs;
const nothing: ResolverPorts = { digest, known: [] };

const lab = (name: string, over: Partial<Ebuild> = {}): Ebuild => ({ cpv: `lab-libs/${name}-1`, ...over });
const on = (name: string, more = ''): string => `lab-libs/${name}${more}`;
const nameOf = (cpv: string): string => cpv.replace(/^lab-libs\//, '').replace(/-\d.*$/, '');
const jobNames = ({ jobs }: JobGraph): string[] =>
  jobs.map(({ cpv, bootstrap }) => (bootstrap ? `${nameOf(cpv)}#1` : nameOf(cpv)));

/** Everything that a graph builds, as the binhost has it afterwards; newest first. */
function builtFrom(graph: JobGraph, before: readonly KnownBuild[] = []): KnownBuild[] {
  const built = graph.jobs.map(({ buildKey, inputs, needs, bootstrap }) => ({
    buildKey,
    inputs,
    bootstrap,
    needs: needs.map((need) => need.buildKey),
  }));
  return [...built.reverse(), ...before];
}

/** The names behind the build keys that a job needs, stage-1 builds marked. */
function needsOf(graph: JobGraph, name: string, known: readonly KnownBuild[] = []): string[] {
  const job = graph.jobs.find(({ cpv, bootstrap }) => nameOf(cpv) + (bootstrap ? '#1' : '') === name);
  const labels = new Map(
    [...builtFrom(graph), ...known].map((b) => [
      b.buildKey,
      nameOf(b.inputs.cpv) + (b.bootstrap ? '#1' : ''),
    ]),
  );
  return (job?.needs ?? []).map(({ buildKey }) => labels.get(buildKey) ?? buildKey).sort();
}

const twin = {
  glyphs: lab('glyphs', {
    iuse: ['+shaper'],
    use: ['shaper'],
    depend: `shaper? ( ${on('shaper')} )`,
    rdepend: `shaper? ( ${on('shaper')} )`,
  }),
  shaper: lab('shaper', { depend: on('glyphs'), rdepend: on('glyphs') }),
};

describe('an acyclic plan', () => {
  it('orders jobs after all that they need', () => {
    const graph = resolvePlan(documentOf([lab('app', { depend: on('lib') }), lab('lib')]), nothing);
    expect(jobNames(graph)).toEqual(['lib', 'app']);
    expect(needsOf(graph, 'app')).toEqual(['lib']);
  });

  it('waits for what a build dependency needs at run time, and not for its own run-time dependencies', () => {
    const graph = resolvePlan(
      documentOf([
        lab('app', { depend: on('lib'), rdepend: on('later') }),
        lab('lib', { rdepend: on('data') }),
        lab('data'),
        lab('later'),
      ]),
      nothing,
    );
    expect(needsOf(graph, 'app')).toEqual(['data', 'lib']);
  });

  it('says why each package is built, in the words of what differs (S33)', () => {
    const libs: readonly [Ebuild, Ebuild, Ebuild] = [
      lab('icu', { subslot: '70', iuse: ['doc'] }),
      lab('user', { depend: on('icu', ':='), rdepend: on('icu', ':='), iuse: ['nls', 'x'], use: ['nls'] }),
      lab('other', { environment: 0 }),
    ];
    const environments = [{ CFLAGS: '-O2' }];
    const known = builtFrom(resolvePlan(documentOf(libs, { environments }), nothing));
    const changed = documentOf(
      [
        { ...libs[0], cpv: 'lab-libs/icu-2', subslot: '71' },
        { ...libs[1], use: ['x'] },
        libs[2],
        lab('fresh'),
      ],
      { environments: [{ CFLAGS: '-O3' }] },
    );
    const why = Object.fromEntries(
      resolvePlan(changed, { digest, known }).jobs.map((job) => [nameOf(job.cpv), job.why]),
    );
    expect(why).toEqual({
      icu: 'version 1 → 2; slot 0/70 → 0/71',
      user: 'USE changed: +x -nls; sub-slot of lab-libs/icu 70 → 71',
      other: 'CFLAGS -O2 → -O3',
      fresh: 'new',
    });
  });

  it('follows the revision policy: an ebuild that changed in place is another input only where that is asked for', () => {
    const lib = lab('lib', { source: 'a', rdepend: on('data') });
    const before = [lib, lab('data')];
    const plan = (policy: NonNullable<ResolverPorts['policy']>, over: Partial<Ebuild>): string[] => {
      const known = builtFrom(resolvePlan(documentOf(before), { ...nothing, policy }));
      const after = [{ ...lib, ...over }, lab('data')];
      return resolvePlan(documentOf(after), { digest, known, policy }).jobs.map(({ why }) => why);
    };
    expect(plan('dependencies', { source: 'b' })).toEqual([]);
    expect(plan('ebuild', { source: 'b' })).toEqual(['the ebuild or its files changed']);
    expect(plan('dependencies', { rdepend: '' })).toEqual(['RDEPEND changed']);
    expect(plan('version', { rdepend: '', source: 'b' })).toEqual([]);
  });

  it('drops what is built already and keeps it as a member of the release (S34)', () => {
    const document = documentOf([lab('app', { depend: on('lib') }), lab('lib')]);
    const known = builtFrom(resolvePlan(documentOf([lab('lib')]), nothing));
    const graph = resolvePlan(document, { digest, known });
    expect(jobNames(graph)).toEqual(['app']);
    expect(graph.alreadyBuilt).toEqual(['lab-libs/lib-1']);
    expect(graph.members.map(({ cpv }) => cpv)).toEqual(['lab-libs/app-1', 'lab-libs/lib-1']);
    expect(needsOf(graph, 'app', known)).toEqual(['lib']);
  });

  it('turns a package that is no CPV into a finding and goes on', () => {
    const document = documentOf([lab('lib')]);
    const odd = document.packages.map((each) => ({ ...each, cpv: 'rubbish' }));
    const graph = resolvePlan({ ...document, packages: [...document.packages, ...odd] }, nothing);
    expect(jobNames(graph)).toEqual(['lib']);
    expect(graph.findings).toMatchObject([{ kind: 'invalid-package', packages: ['rubbish'] }]);
  });

  it('gives the job with most dependents behind it the longest critical path', () => {
    const graph = resolvePlan(
      documentOf([lab('c', { depend: on('b') }), lab('b', { depend: on('a') }), lab('a'), lab('z')]),
      nothing,
    );
    const path = Object.fromEntries(graph.jobs.map((job) => [nameOf(job.cpv), job.criticalPath]));
    expect(path).toEqual({ a: 3, b: 2, c: 1, z: 1 });
  });
});

describe('sub-slots and ABI', () => {
  const world = (version: string, subslot: string): readonly Ebuild[] => [
    { cpv: `lab-libs/icu-${version}`, subslot },
    lab('bound', { depend: on('icu', ':='), rdepend: on('icu', ':=') }),
    lab('deep', { depend: on('bound', ':=') }),
    lab('loose', { depend: on('icu') }),
    lab('maker', { depend: on('icu', ':=') }),
  ];
  const first = builtFrom(resolvePlan(documentOf(world('70.1', '70')), nothing));

  it('rebuilds those that are bound to a sub-slot that moved, all of them and only them (S33)', () => {
    const graph = resolvePlan(documentOf(world('71.1', '71')), { digest, known: first });
    expect(jobNames(graph).sort()).toEqual(['bound', 'icu', 'maker']);
  });

  it('rebuilds nobody above a library whose new version has the sub-slot and the ABI of the old one (Q15)', () => {
    const graph = resolvePlan(documentOf(world('70.2', '70')), { digest, known: first });
    expect(jobNames(graph)).toEqual(['icu']);
    const known = builtFrom(graph, first);
    expect(resolvePlan(documentOf(world('70.2', '70')), { digest, known }).jobs).toEqual([]);
  });

  it('rebuilds what is bound to a library that lost symbols without a new sub-slot, once (Q15)', () => {
    const bumped = resolvePlan(documentOf(world('70.2', '70')), { digest, known: first });
    const known = builtFrom(bumped, first);
    const abiChange = (before: string, after: string): string | undefined =>
      before.includes('icu-70.1') && after.includes('icu-70.2') ? 'libicu.so.70 lost 1 symbol' : undefined;
    const again = resolvePlan(documentOf(world('70.2', '70')), { digest, known, abiChange });
    expect(again.jobs.map(({ cpv, why }) => [nameOf(cpv), why])).toEqual([
      ['bound', 'ABI of lab-libs/icu: libicu.so.70 lost 1 symbol'],
      ['maker', 'ABI of lab-libs/icu: libicu.so.70 lost 1 symbol'],
    ]);
    const after = builtFrom(again, known);
    expect(resolvePlan(documentOf(world('70.2', '70')), { digest, known: after, abiChange }).jobs).toEqual(
      [],
    );
  });
});

describe('cycles', () => {
  it('are opened by a flip that needs what the package did not need before, which is then built first', () => {
    const own = { iuse: ['x'], use: ['x'], depend: `x? ( ${on('one')} ) !x? ( ${on('other')} )` };
    const graph = resolvePlan(
      documentOf([lab('app', own), lab('one', { depend: on('app') }), lab('other')]),
      nothing,
    );
    expect(jobNames(graph)[0]).toBe('other');
    expect(graph.jobs.filter(({ bootstrap }) => bootstrap)).toMatchObject([{ cpv: 'lab-libs/app-1' }]);
  });

  it('are no cycles where they are of run-time needs alone', () => {
    const graph = resolvePlan(
      documentOf([lab('a', { rdepend: on('b') }), lab('b', { pdepend: on('a') })]),
      nothing,
    );
    expect(jobNames(graph).sort()).toEqual(['a', 'b']);
    expect(graph.findings).toEqual([]);
  });

  it('are opened at a PDEPEND before an RDEPEND, and only there', () => {
    const graph = resolvePlan(
      documentOf([
        lab('a', { depend: on('b') }),
        lab('b', { rdepend: on('c') }),
        lab('c', { pdepend: on('a') }),
      ]),
      nothing,
    );
    expect(jobNames(graph)).toEqual(['c', 'b', 'a']);
    expect(needsOf(graph, 'a')).toEqual(['b', 'c']);
    expect(graph.findings).toEqual([]);
  });

  it('are opened by a staged build, whose stage 1 is in no release (S11)', () => {
    const graph = resolvePlan(
      documentOf([twin.glyphs, twin.shaper, lab('typeset', { depend: `${on('glyphs')} ${on('shaper')}` })]),
      nothing,
    );
    expect(jobNames(graph)).toEqual(['glyphs#1', 'shaper', 'glyphs', 'typeset']);
    expect(graph.jobs[0]).toMatchObject({
      use: [],
      bootstrap: true,
      why: expect.stringContaining('-shaper'),
    });
    expect(graph.jobs[2]).toMatchObject({ use: ['shaper'], bootstrap: false });
    expect(needsOf(graph, 'shaper')).toEqual(['glyphs#1']);
    expect(needsOf(graph, 'glyphs')).toEqual(['glyphs#1', 'shaper']);
    expect(needsOf(graph, 'typeset')).toEqual(['glyphs', 'shaper']);
    expect(graph.findings).toEqual([]);
    expect(graph.members.map(({ buildKey }) => buildKey)).not.toContain(graph.jobs[0]?.buildKey);
  });

  it('of packages that are built already are none, and a stage-1 build that is there is used again', () => {
    const known = builtFrom(resolvePlan(documentOf([twin.glyphs, twin.shaper]), nothing));
    expect(resolvePlan(documentOf([twin.glyphs, twin.shaper]), { digest, known }).jobs).toEqual([]);
    const stageOne = known.filter(({ bootstrap }) => bootstrap);
    const graph = resolvePlan(documentOf([twin.glyphs, twin.shaper]), { digest, known: stageOne });
    expect(jobNames(graph)).toEqual(['shaper', 'glyphs']);
    expect(needsOf(graph, 'shaper', stageOne)).toEqual(['glyphs#1']);
  });

  it('never take a stage-1 build for a full one, not even where its flags are what is configured now (S11)', () => {
    const known = builtFrom(resolvePlan(documentOf([twin.glyphs, twin.shaper]), nothing));
    const plain = { ...twin.glyphs, use: [] };
    const graph = resolvePlan(documentOf([plain, twin.shaper]), { digest, known });
    expect(graph.jobs.map(({ cpv, bootstrap, why }) => [nameOf(cpv), bootstrap, why])).toEqual([
      ['glyphs', false, 'USE changed: -shaper'],
    ]);
    const stageOne = known.filter(({ bootstrap }) => bootstrap);
    const fresh = resolvePlan(documentOf([plain, twin.shaper]), { digest, known: stageOne });
    expect(fresh.jobs.find(({ cpv }) => cpv.includes('glyphs'))?.why).toBe('new');
  });

  it('give who is built against a stage 1 what that one needs, and not what the full one would', () => {
    const glyphs = { ...twin.glyphs, rdepend: `shaper? ( ${on('shaper')} ${on('data')} ) ${on('base')}` };
    const graph = resolvePlan(documentOf([glyphs, twin.shaper, lab('data'), lab('base')]), nothing);
    expect(needsOf(graph, 'shaper')).toEqual(['base', 'glyphs#1']);
  });

  it('are left by the alternative of a choice that is no member', () => {
    const glyphs = {
      ...twin.glyphs,
      depend: `shaper? ( ${on('shaper')} ) || ( ${on('shaper')} ${on('plain')} )`,
      rdepend: '',
    };
    const graph = resolvePlan(documentOf([glyphs, twin.shaper, lab('plain')]), nothing);
    expect(graph.findings).toEqual([]);
    expect(needsOf(graph, 'glyphs#1')).toEqual(['plain']);
  });

  it('get no stage 1 that only what stays stuck would use', () => {
    const graph = resolvePlan(
      documentOf([
        lab('a', { depend: `${on('b')} ${on('c')}` }),
        lab('b', { depend: on('a') }),
        lab('c', { iuse: ['x'], use: ['x'], depend: `x? ( ${on('a')} )` }),
      ]),
      nothing,
    );
    expect(graph.jobs).toEqual([]);
    expect(graph.members).toEqual([]);
  });

  it('are opened by an earlier build of the same sub-slot where the binhost has one, without a stage 1', () => {
    const known = builtFrom(resolvePlan(documentOf([twin.glyphs, twin.shaper]), nothing)).filter(
      ({ bootstrap }) => !bootstrap,
    );
    const newer = [
      { ...twin.glyphs, cpv: 'lab-libs/glyphs-2' },
      { ...twin.shaper, cpv: 'lab-libs/shaper-2' },
    ];
    const graph = resolvePlan(documentOf(newer), { digest, known });
    expect(graph.findings).toEqual([]);
    expect(graph.jobs.every(({ bootstrap }) => !bootstrap)).toBe(true);
    expect(graph.jobs).toHaveLength(2);
  });

  it('build a package whose build dependency needs it at run time', () => {
    const graph = resolvePlan(
      documentOf([lab('app', { depend: on('lib') }), lab('lib', { rdepend: on('app') })]),
      nothing,
    );
    expect(jobNames(graph)).toEqual(['lib', 'app']);
    expect(graph.findings).toEqual([]);
  });

  it('of three members are opened at the cheapest of them', () => {
    const ring = ['a', 'b', 'c'].map((name, i, all) =>
      lab(name, { iuse: ['opt'], use: ['opt'], depend: `opt? ( ${on(all[(i + 1) % 3] ?? '')} )` }),
    );
    const costOf = (cpv: string): number => (cpv.includes('/b-') ? 1 : 100);
    const graph = resolvePlan(documentOf(ring), { ...nothing, costOf });
    expect(jobNames(graph)).toEqual(['b#1', 'a', 'c', 'b']);
  });

  it('that overlap are opened by one stage where one is enough, and by two where it is not', () => {
    const overlapping = (middle: Partial<Ebuild>): readonly Ebuild[] => [
      lab('left', { iuse: ['opt'], use: ['opt'], depend: `opt? ( ${on('middle')} )` }),
      lab('middle', {
        iuse: ['one', 'two'],
        use: ['one', 'two'],
        depend: `one? ( ${on('left')} ) two? ( ${on('right')} )`,
        ...middle,
      }),
      lab('right', { iuse: ['opt'], use: ['opt'], depend: `opt? ( ${on('middle')} )` }),
    ];
    const one = resolvePlan(documentOf(overlapping({})), nothing);
    expect(jobNames(one).filter((name) => name.endsWith('#1'))).toEqual(['middle#1']);
    const two = resolvePlan(documentOf(overlapping({ forced: ['one', 'two'] })), nothing);
    expect(
      jobNames(two)
        .filter((name) => name.endsWith('#1'))
        .sort(),
    ).toEqual(['left#1', 'right#1']);
    expect(two.findings).toEqual([]);
    const costOf = (cpv: string): number => (cpv.includes('/middle-') ? 100 : 1);
    const cheap = resolvePlan(documentOf(overlapping({})), { ...nothing, costOf });
    expect(
      jobNames(cheap)
        .filter((name) => name.endsWith('#1'))
        .sort(),
    ).toEqual(['left#1', 'right#1']);
  });

  it('that are nested are opened, and every full build comes with its full USE', () => {
    const graph = resolvePlan(
      documentOf([
        lab('outer', { iuse: ['a'], use: ['a'], depend: `a? ( ${on('inner')} )` }),
        lab('inner', { iuse: ['b'], use: ['b'], depend: `${on('outer')} b? ( ${on('core')} )` }),
        lab('core', { depend: on('inner') }),
      ]),
      nothing,
    );
    expect(graph.findings).toEqual([]);
    const full = graph.jobs.filter(({ bootstrap }) => !bootstrap);
    expect(Object.fromEntries(full.map(({ cpv, use }) => [nameOf(cpv), use]))).toEqual({
      outer: ['a'],
      inner: ['b'],
      core: [],
    });
  });

  it('leave masked and forced flags alone, obey REQUIRED_USE, and what others demand of USE', () => {
    const forced = resolvePlan(documentOf([{ ...twin.glyphs, forced: ['shaper'] }, twin.shaper]), nothing);
    expect(forced.jobs).toEqual([]);
    const required = { ...twin.glyphs, iuse: ['+shaper', 'plain'], requiredUse: '^^ ( shaper plain )' };
    const repaired = resolvePlan(documentOf([required, twin.shaper]), nothing);
    expect(repaired.jobs[0]).toMatchObject({ bootstrap: true, use: ['plain'] });
    const demanding = { ...twin.shaper, depend: on('glyphs', '[shaper]') };
    expect(resolvePlan(documentOf([twin.glyphs, demanding]), nothing).jobs).toEqual([]);
  });

  it('that nothing opens are named with their members, edges and what Portage suggests; the rest is built (S11)', () => {
    const remedies = [{ file: 'package.use', line: '=lab-libs/egg-1 -chicken' }];
    const circular = { kind: 'circular', text: 'x', packages: ['lab-libs/egg-1'], parents: [], remedies };
    const graph = resolvePlan(
      documentOf(
        [
          lab('hen', { depend: on('egg') }),
          lab('egg', { bdepend: on('hen') }),
          lab('farm', { depend: on('hen') }),
          lab('other'),
        ],
        { problems: [circular] },
      ),
      nothing,
    );
    expect(jobNames(graph)).toEqual(['other']);
    expect(graph.findings).toMatchObject([
      {
        kind: 'circular',
        packages: ['lab-libs/hen-1', 'lab-libs/egg-1'],
        text: expect.stringContaining('lab-libs/hen-1 needs lab-libs/egg-1 to be built'),
        remedies,
      },
      { kind: 'left-out', packages: ['lab-libs/farm-1'] },
    ]);
  });
});

describe('what Portage could not satisfy', () => {
  it('is left out with all that needs it, under the name of its cause; the rest is planned', () => {
    const problem = {
      kind: 'use-change',
      text: 'package.use needs: >=lab-libs/lib-1 x',
      packages: ['lab-libs/lib-1'],
      parents: [{ cpv: 'lab-libs/app-1', atom: 'lab-libs/lib[x]' }],
      remedies: [{ file: 'package.use', line: '>=lab-libs/lib-1 x' }],
    };
    const graph = resolvePlan(
      documentOf([lab('app', { depend: on('lib') }), lab('lib', { iuse: ['x'], use: ['x'] }), lab('other')], {
        problems: [problem],
      }),
      nothing,
    );
    expect(jobNames(graph)).toEqual(['other']);
    expect(graph.findings).toMatchObject([
      { ...problem, id: expect.stringMatching(/^use-change-/) },
      { kind: 'left-out', packages: ['lab-libs/app-1'], text: expect.stringContaining('lab-libs/lib-1') },
    ]);
    expect(graph.members.map(({ cpv }) => nameOf(cpv))).toEqual(['other']);
  });
});

describe('any world', () => {
  /** What a job's own flags make it need, by an evaluation that shares nothing with the resolver but the language. */
  const demandsOf = (job: PlannedJob): readonly Atom[] =>
    ['DEPEND', 'BDEPEND'].flatMap((name) => {
      const parsed = parseDependencies(job.inputs.dependencies[name] ?? '', { eapi: '8' });
      if (!parsed.ok) throw new Error(parsed.error.message);
      return flattenAtoms<Atom>(evaluateDependencies(parsed.value, new Set(job.use), { eapi: '8' }));
    });
  const ebuildOf = (world: readonly Ebuild[], job: PlannedJob): Ebuild =>
    world.find(({ cpv }) => cpv === job.cpv) ?? { cpv: '' };

  it('never schedules a job before what it needs, and gives each the builds that its atoms ask for (Q22)', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const graph = resolvePlan(documentOf(world), nothing);
        const done = new Map<string, PlannedJob>();
        for (const job of graph.jobs) {
          const given = job.needs.map(({ buildKey }) => done.get(buildKey));
          expect(given).not.toContain(undefined);
          for (const atom of demandsOf(job)) {
            if (nameOf(atom.name) === nameOf(job.cpv)) continue;
            const candidates = given.flatMap((each) => (each && matchable(each.inputs)) ?? []);
            expect(candidates.some((candidate) => matchesAtom(atom, candidate))).toBe(true);
          }
          expect(done.has(job.buildKey)).toBe(false);
          done.set(job.buildKey, job);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('builds every package once in full with the flags that were configured, or names it in a finding', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const graph = resolvePlan(documentOf(world), nothing);
        const full = graph.jobs.filter(({ bootstrap }) => !bootstrap);
        const named = new Set(graph.findings.flatMap(({ packages }) => packages));
        for (const { cpv, use = [] } of world) {
          const jobs = full.filter((job) => job.cpv === cpv);
          expect(jobs.length).toBe(named.has(cpv) ? 0 : 1);
          if (jobs[0]) expect(jobs[0].use).toEqual([...use].sort());
        }
      }),
      { numRuns: 400 },
    );
  });

  it('makes stage-1 builds only of legal flags, only where a cycle needs them, and never as members', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const graph = resolvePlan(documentOf(world), nothing);
        const members = new Set(graph.members.map(({ buildKey }) => buildKey));
        for (const job of graph.jobs.filter(({ bootstrap }) => bootstrap)) {
          const { masked = [], forced = [], requiredUse = '' } = ebuildOf(world, job);
          expect(masked.filter((flag) => job.use.includes(flag))).toEqual([]);
          expect(forced.filter((flag) => !job.use.includes(flag))).toEqual([]);
          const verdict = checkRequiredUse(requiredUse, { use: new Set(job.use), eapi: '8' });
          expect(verdict.ok && verdict.value.ok).toBe(true);
          expect(members.has(job.buildKey)).toBe(false);
          expect(
            graph.jobs.some(({ needs }) => needs.some(({ buildKey }) => buildKey === job.buildKey)),
          ).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('has nothing to do when all that it planned is built, whatever was stuck', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const document = documentOf(world);
        const first = resolvePlan(document, nothing);
        const second = resolvePlan(document, { digest, known: builtFrom(first) });
        expect(second.jobs.length).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  /** Whether builds alone, without run-time needs, wait for each other somewhere. */
  const hasBuildCycle = (document: PlanDocument): boolean =>
    stronglyConnected(
      document.packages.map((_p, i) =>
        document.edges.flatMap(({ parent, child, kinds }) =>
          parent === i && kinds[0]?.startsWith('buildtime') ? [child] : [],
        ),
      ),
    ).some((group) => group.length > 1);
  const demandCount = (world: readonly Ebuild[]): number => documentOf(world).edges.length;
  /** Every legal world in which one package has other flags, and all that others ask of it still holds. */
  const flippedWorlds = (world: readonly Ebuild[]): (readonly Ebuild[])[] =>
    world.flatMap((own, i) =>
      [[], ['x'], ['y'], ['x', 'y']]
        .map((use): Ebuild => ({ ...own, use }))
        .filter(({ use = [], masked = [], forced = [], requiredUse = '' }) => {
          const verdict = checkRequiredUse(requiredUse, { use: new Set(use), eapi: '8' });
          const isHeld = masked.some((f) => use.includes(f)) || forced.some((f) => !use.includes(f));
          return !isHeld && verdict.ok && verdict.value.ok;
        })
        .map((changed) => world.map((each, at) => (at === i ? changed : each)))
        .filter((changed) => {
          const without = (each: readonly Ebuild[]): readonly Ebuild[] =>
            each.map((e, at) => (at === i ? { ...e, depend: '', bdepend: '', rdepend: '', pdepend: '' } : e));
          return demandCount(without(changed)) === demandCount(without(world));
        }),
    );

  it('leaves no cycle closed that a flip of one package opens, run-time needs aside (S11)', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const graph = resolvePlan(documentOf(world), nothing);
        if (!graph.findings.some(({ kind }) => kind === 'circular')) return;
        const opens = flippedWorlds(world).find((changed) => !hasBuildCycle(documentOf(changed)));
        expect(opens).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });

  it('is plain, staged or stuck, each often enough for the above to say something', () => {
    const seen = { staged: 0, stuck: 0, plain: 0 };
    for (const world of fc.sample(anyWorld, { numRuns: 600, seed: 20_261_125 })) {
      const graph = resolvePlan(documentOf(world), nothing);
      if (graph.jobs.some(({ bootstrap }) => bootstrap)) seen.staged += 1;
      else if (graph.findings.length > 0) seen.stuck += 1;
      else seen.plain += 1;
    }
    expect(seen.staged).toBeGreaterThan(15);
    expect(seen.stuck).toBeGreaterThan(15);
    expect(seen.plain).toBeGreaterThan(100);
  });
});
