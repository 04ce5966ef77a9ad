import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { PLAN_SCHEMA, PlanDocument } from '@swarm/contracts';
import type { z } from 'zod';

import { Ground, PROFILE } from './scheduler.contract.js';

type Written = z.input<typeof PlanDocument>;

function documentWith(
  packages: readonly (Partial<Written['packages'][number]> & { readonly cpv: string })[],
  edges: Written['edges'] = [],
): PlanDocument {
  const common = {
    slot: '0',
    subslot: '0',
    repository: 'small',
    root: 'target' as const,
    use: [],
    dependencies: {},
  };
  return PlanDocument.parse({
    schema: PLAN_SCHEMA.name,
    schemaVersion: PLAN_SCHEMA.version,
    portage: '3.0.82',
    ok: true,
    packages: packages.map((each) => ({ ...common, ...each })),
    edges,
  });
}

let ground: Ground;
beforeEach(() => {
  ground = new Ground();
});

describe('a plan with a cycle', () => {
  it('builds stage 1 with other flags, then the others against it, and the full one last (S11)', async () => {
    const needs = { DEPEND: 'shaper? ( app-small/shaper )', RDEPEND: 'shaper? ( app-small/shaper )' };
    const back = { DEPEND: 'app-small/glyphs', RDEPEND: 'app-small/glyphs' };
    const both = ['buildtime', 'runtime'] as const;
    await ground.start(
      documentWith(
        [
          { cpv: 'app-small/glyphs-1', iuse: ['+shaper'], use: ['shaper'], dependencies: needs },
          { cpv: 'app-small/shaper-1', dependencies: back },
        ],
        [
          { parent: 0, child: 1, kinds: [...both] },
          { parent: 1, child: 0, kinds: [...both] },
        ],
      ),
    );
    const stageOne = await ground.finish();
    expect(stageOne.spec).toMatchObject({ cpv: 'app-small/glyphs-1', use: [], bootstrap: true });
    const shaper = await ground.finish();
    expect(shaper.spec.cpv).toBe('app-small/shaper-1');
    const ofShaper = (await ground.assigned()).at(-2)?.work;
    expect(ofShaper).toMatchObject({ dependencies: [{ path: expect.stringContaining(stageOne.id) }] });
    const full = await ground.finish();
    expect(full.spec).toMatchObject({ cpv: 'app-small/glyphs-1', use: ['shaper'], bootstrap: false });

    const plan = (await ground.db.plans.find(ground.planId))?.value;
    expect(plan?.state).toBe('complete');
    const members = plan?.members.map(({ buildKey }) => buildKey);
    expect(members?.toSorted()).toEqual([full.spec.buildKey, shaper.spec.buildKey].sort());
  });
});

describe('a plan of a profile that was pushed', () => {
  it('is resolved and built with the version that it was made from, whatever is pushed meanwhile (S17)', async () => {
    const configuration = { files: {}, makeProfile: 'small:lab', world: [], repositories: [] };
    const push = (digest: string): Promise<unknown> =>
      ground.db.profiles.pushVersion({
        ...{ profile: PROFILE, digest, configuration, author: 'me', reason: 'test' },
        at: ground.clock.now(),
        outgoing: () => [],
      });
    const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];
    await ground.db.profiles.put({
      name: PROFILE,
      kind: 'portage',
      targets: [],
      createdAt: ground.clock.now(),
    });
    await push(first);
    await ground.start();
    await push(second);
    await ground.finish();
    const digests = (await ground.assigned()).map((work) => work.configuration?.digest);
    expect(digests).toEqual([first, first, first]);
    expect((await ground.assigned())[0]?.configuration?.url).toBe(
      `http://127.0.0.1:1/configuration/${first}`,
    );
  });
});

describe('a drone that is behind', () => {
  const refusal = { kind: 'refused', reason: 'it cannot have the repository lab at b2' } as const;

  it('is left alone for a while, strikes nobody, and costs neither plan nor job anything (S17)', async () => {
    await ground.db.profiles.put({
      name: PROFILE,
      kind: 'portage',
      targets: ['@world'],
      createdAt: ground.clock.now(),
    });
    await ground.start();
    for (let refused = 1; refused <= 12; refused += 1) {
      const work = (await ground.assigned()).at(-1);
      expect(work?.work.kind).toBe('build');
      await ground.report(work, refusal);
      await ground.round.execute();
      expect(await ground.job('a')).toMatchObject({
        state: 'needed',
        attempt: refused,
        reclaims: 0,
        failures: 0,
      });
      ground.clock.advance(60_000);
      await ground.hear('drone-1');
      await ground.round.execute();
    }
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 13 });
  });

  it('does not get the plan either, which goes to another drone (S17)', async () => {
    await ground.start();
    await ground.hear('drone-2');
    const asked = { requestId: randomUUID(), profile: PROFILE, targets: [], origin: 'operator' };
    await ground.make.execute(asked);
    await ground.round.execute();
    const first = (await ground.assigned()).at(-1);
    await ground.report(first, refusal);
    const waiting = (await ground.db.plans.find(asked.requestId))?.value.detail;
    expect(waiting).toBe(`waits for a drone: ${first?.drone ?? ''} refused: ${refusal.reason}`);
    await ground.round.execute();
    const second = (await ground.assigned()).at(-1);
    expect(second?.work.kind).toBe('resolve');
    expect(second?.drone).not.toBe(first?.drone);
  });
});

describe('a library that was rebuilt', () => {
  const library = (...symbols: string[]): NonNullable<Parameters<Ground['finish']>[0]> => ({
    'x86_64:libicu.so.70': { digest: symbols.join(), symbols },
  });
  const world = (version: string): PlanDocument =>
    documentWith(
      [
        { cpv: `app-small/icu-${version}`, subslot: '70' },
        { cpv: 'app-small/user-1', dependencies: { DEPEND: 'app-small/icu:=' } },
      ],
      [{ parent: 1, child: 0, kinds: ['buildtime_slot_op'] }],
    );
  const plans = async (): Promise<readonly string[]> =>
    (await ground.db.plans.recent(9)).map(({ origin }) => origin);

  it('rebuilds nobody when its ABI is what it was, or more (Q15)', async () => {
    await ground.start(world('70.1'));
    await ground.finish(library('a', 'b'));
    await ground.finish();
    await ground.plan(world('70.2'));
    expect((await ground.jobs()).map(({ spec }) => spec.cpv)).toEqual(['app-small/icu-70.2']);
    await ground.finish(library('a', 'b', 'c'));
    expect((await ground.db.plans.find(ground.planId))?.value.state).toBe('complete');
    expect(await plans()).toEqual(['operator', 'operator']);
  });

  it('has its users built again, each once, when it lost a symbol within its sub-slot (Q15)', async () => {
    await ground.start(world('70.1'));
    await ground.finish(library('a', 'b'));
    await ground.finish();
    await ground.plan(world('70.2'));
    await ground.finish(library('a'));
    expect(await plans()).toEqual(['abi-change', 'operator', 'operator']);

    ground.planId = (await ground.db.plans.recent(1))[0]?.id ?? '';
    await ground.resolved(world('70.2'));
    expect((await ground.jobs()).map(({ spec: { cpv, why } }) => [cpv, why])).toEqual([
      ['app-small/user-1', 'ABI of app-small/icu: libicu.so.70 lost 1 symbol: b'],
    ]);
    await ground.finish();
    expect((await ground.db.plans.find(ground.planId))?.value.state).toBe('complete');
    expect(await plans()).toHaveLength(3);
  });
});
