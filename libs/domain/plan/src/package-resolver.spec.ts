import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { resolvePlan, type JobGraph } from './package-resolver.js';
import type { EdgeKind, PlanDocument, PlannedPackage } from './plan-document.js';

const digest = (inputs: string): string => inputs;
const nothing = { digest, isBuilt: () => false };

function pkg(name: string, over: Partial<PlannedPackage> = {}): PlannedPackage {
  return {
    cpv: `lab-libs/${name}-1`,
    slot: '0',
    subslot: '0',
    repository: 'lab',
    root: 'target',
    use: [],
    dependencies: {},
    ...over,
  };
}

/** A document from names and `parent kind child` lines. */
function documentOf(names: readonly string[], ...wants: readonly [string, EdgeKind, string][]): PlanDocument {
  const at = (name: string): number => names.indexOf(name);
  return {
    packages: names.map((name) => pkg(name)),
    edges: wants.map(([parent, kind, child]) => ({ parent: at(parent), child: at(child), kinds: [kind] })),
    problems: [],
  };
}

const namesOf = (graph: JobGraph): string[] => graph.jobs.map(({ cpv }) => cpv.slice(9, -2));
const needsOf = (graph: JobGraph, name: string): string[] =>
  (graph.jobs.find(({ cpv }) => cpv === `lab-libs/${name}-1`)?.needs ?? []).map(
    ({ buildKey }) => /lab-libs\/(\w+)-1/.exec(buildKey)?.[1] ?? '',
  );

describe('resolvePlan', () => {
  it('orders jobs after all that they need', () => {
    const graph = resolvePlan(documentOf(['app', 'lib'], ['app', 'buildtime', 'lib']), nothing);
    expect(namesOf(graph)).toEqual(['lib', 'app']);
    expect(needsOf(graph, 'app')).toEqual(['lib']);
  });

  it('waits for what a build dependency needs at run time, and not for its own run-time dependencies', () => {
    const graph = resolvePlan(
      documentOf(
        ['app', 'lib', 'data', 'later'],
        ['app', 'buildtime', 'lib'],
        ['lib', 'runtime', 'data'],
        ['app', 'runtime', 'later'],
      ),
      nothing,
    );
    expect(needsOf(graph, 'app').sort()).toEqual(['data', 'lib']);
  });

  it('builds members of a run-time cycle, which holds nothing up', () => {
    const graph = resolvePlan(
      documentOf(['a', 'b'], ['a', 'runtime', 'b'], ['b', 'runtime_post', 'a']),
      nothing,
    );
    expect(namesOf(graph).sort()).toEqual(['a', 'b']);
    expect(graph.findings).toEqual([]);
  });

  it('builds a package whose build dependency needs it at run time: that is no reason to wait for itself', () => {
    const graph = resolvePlan(
      documentOf(['app', 'lib'], ['app', 'buildtime', 'lib'], ['lib', 'runtime', 'app']),
      nothing,
    );
    expect(namesOf(graph)).toEqual(['lib', 'app']);
    expect(graph.findings).toEqual([]);
  });

  it('names the members of a build-time cycle and builds the rest (S11)', () => {
    const graph = resolvePlan(
      documentOf(
        ['fonts', 'shaper', 'app', 'other'],
        ['fonts', 'buildtime', 'shaper'],
        ['shaper', 'buildtime', 'fonts'],
        ['app', 'buildtime', 'fonts'],
      ),
      nothing,
    );
    expect(namesOf(graph)).toEqual(['other']);
    expect(graph.findings).toEqual([
      {
        kind: 'circular',
        text: 'lab-libs/fonts-1, lab-libs/shaper-1 need each other before they can be built',
      },
    ]);
  });

  it('drops what is built already and keeps it as a member of the release (S34)', () => {
    const document = documentOf(['app', 'lib'], ['app', 'buildtime', 'lib']);
    const graph = resolvePlan(document, { digest, isBuilt: (key) => key.startsWith('lab-libs/lib-1|') });
    expect(namesOf(graph)).toEqual(['app']);
    expect(graph.alreadyBuilt).toEqual(['lab-libs/lib-1']);
    expect(graph.members.map(({ cpv }) => cpv)).toEqual(['lab-libs/app-1', 'lab-libs/lib-1']);
    expect(needsOf(graph, 'app')).toEqual(['lib']);
  });

  it('gives another build key when USE, a dependency string or a bound sub-slot changes (S33)', () => {
    const base = documentOf(['app', 'lib'], ['app', 'buildtime_slot_op', 'lib']);
    const keyOfApp = (document: PlanDocument): string =>
      resolvePlan(document, nothing).members.find(({ cpv }) => cpv === 'lab-libs/app-1')?.buildKey ?? '';
    const changed = (at: number, over: Partial<PlannedPackage>): PlanDocument => ({
      ...base,
      packages: base.packages.map((p, i) => (i === at ? { ...p, ...over } : p)),
    });
    const keys = [
      base,
      changed(0, { use: ['nls'] }),
      changed(0, { dependencies: { RDEPEND: 'lab-libs/lib:=' } }),
      changed(1, { subslot: '71' }),
    ].map(keyOfApp);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('turns a package that is no CPV into a finding and goes on', () => {
    const document = { ...documentOf(['lib']), packages: [pkg('lib'), pkg('x', { cpv: 'rubbish' })] };
    const graph = resolvePlan(document, nothing);
    expect(namesOf(graph)).toEqual(['lib']);
    expect(graph.findings).toEqual([{ kind: 'invalid-package', text: expect.stringContaining('rubbish') }]);
  });

  it('gives the job with most dependents behind it the longest critical path', () => {
    const graph = resolvePlan(
      documentOf(['c', 'b', 'a', 'z'], ['c', 'buildtime', 'b'], ['b', 'buildtime', 'a']),
      nothing,
    );
    const pathOf = new Map(graph.jobs.map(({ cpv, criticalPath }) => [cpv as string, criticalPath]));
    expect(pathOf.get('lab-libs/a-1')).toBe(3);
    expect(pathOf.get('lab-libs/c-1')).toBe(1);
    expect(pathOf.get('lab-libs/z-1')).toBe(1);
  });
});

describe('any world', () => {
  const kinds: readonly EdgeKind[] = ['buildtime', 'buildtime_slot_op', 'runtime', 'runtime_post'];
  const names = Array.from({ length: 12 }, (_unused, i) => `p${i}`);
  // Mostly forward edges, so that cycles are there but do not swallow everything.
  const edge = fc
    .tuple(fc.nat(11), fc.nat(11), fc.constantFrom(...kinds), fc.integer({ min: 0, max: 9 }))
    .map(([a, b, kind, coin]) => {
      const [parent, child] = coin > 0 && a < b ? [b, a] : [a, b];
      return { parent, child, kinds: [kind] };
    })
    .filter(({ parent, child }) => parent !== child);
  const world = fc
    .array(edge, { maxLength: 30 })
    .map((edges): PlanDocument => ({ packages: names.map((name) => pkg(name)), edges, problems: [] }));
  const builtSet = fc.subarray(names).map((built) => new Set(built.map((name) => `lab-libs/${name}-1`)));

  it('never schedules a job before what it needs, loses no package, and never needs itself (Q22)', () => {
    fc.assert(
      fc.property(world, builtSet, (document, built) => {
        const isBuilt = (key: string): boolean => built.has(key.split('|')[0] ?? '');
        const graph = resolvePlan(document, { digest, isBuilt });
        const ready = new Set(
          graph.members.filter(({ buildKey }) => isBuilt(buildKey)).map(({ buildKey }) => buildKey),
        );
        for (const job of graph.jobs) {
          for (const { buildKey } of job.needs) expect(ready.has(buildKey)).toBe(true);
          expect(job.needs.some(({ buildKey }) => buildKey === job.buildKey)).toBe(false);
          ready.add(job.buildKey);
        }
        const accounted = graph.jobs.length + graph.alreadyBuilt.length;
        if (graph.findings.length === 0) expect(accounted).toBe(names.length);
        else expect(accounted).toBeLessThan(names.length);
      }),
    );
  });
});
