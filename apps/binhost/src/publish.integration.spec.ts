import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import { ArtifactPublished, type MessageBus, PlanMoved, type ReleasePromoted } from '@swarm/contracts';
import { parseIndex } from '@swarm/domain-binpkg';
import { type RunningService, silentLogger } from '@swarm/platform';
import { waitFor } from '@swarm/testing';

import { eventsOf, gpkg, Planner, sha256Of, textAt, upload, type Work } from './binhost.fixture.js';
import { Ground } from './ground.contract.js';

let ground: Ground;
let service: RunningService;
let bus: MessageBus;

beforeAll(async () => {
  ground = await Ground.lay();
  bus = await connectBus({ url: ground.nats.url, name: 'spec', logger: silentLogger() });
  ground.defer(() => bus.close());
  service = await ground.start();
});
afterAll(() => ground[Symbol.asyncDispose]());

/** CPVs that an index shows, with their files' SHA-256, all of which must be there to be fetched. */
async function shownAt(
  base: string,
  url = service.url,
): Promise<readonly (readonly [cpv: string, sha256: string])[]> {
  const text = await textAt(`${url}/${base}/Packages`);
  const parsed = text === undefined ? undefined : parseIndex(text);
  if (parsed?.ok !== true) return [];
  return Promise.all(
    parsed.value.index.entries.map(async ({ cpv, path }) => {
      const file = await fetch(`${url}/${base}/${path}`);
      expect(file.status).toBe(200);
      return [cpv, sha256Of(new Uint8Array(await file.arrayBuffer()))] as const;
    }),
  );
}

async function build(works: readonly Work[], content?: string): Promise<void> {
  const answers = await Promise.all(
    works.map((work) => upload(service.url, work, gpkg(work.cpv, { content: content ?? work.cpv }))),
  );
  expect(answers.map(({ status }) => status)).toEqual(works.map(() => 201));
  await waitFor(
    async () => {
      const held = await Promise.all(works.map(({ jobId }) => ground.db.artifacts.ofJob(jobId)));
      return held.every((artifact) => artifact?.state === 'published');
    },
    { what: 'published artifacts' },
  );
}

/** As the scheduler says it: the row first, then the event. */
async function complete(planner: Planner, planId: string): Promise<void> {
  await planner.complete(planId);
  const at = new Date().toISOString();
  const moved = { at, planId, profile: planner.profile, state: 'complete', detail: '' } as const;
  await bus.publish(PlanMoved, { id: planId, ...moved });
}

async function promoted(planId: string): Promise<Partial<ReleasePromoted>> {
  return waitFor(async () => (await eventsOf(ground.db, 'ReleasePromoted', planId))[0], {
    what: 'a release',
  });
}

describe('publishing', () => {
  it('gives a new profile an index before anything is built', async () => {
    const planner = new Planner(ground.db);
    const plan = await planner.addProfile().then(() => planner.addPlan([]));
    await complete(planner, plan.id);
    const index = await waitFor(() => textAt(`${service.url}/staging/${planner.profile}/Packages`));
    expect(index).toContain('VERSION: 0');
    expect(index).toContain('PACKAGES: 0');
  });

  it('Q22: is said only when the index shows the file and the file can be fetched', async () => {
    const planner = new Planner(ground.db);
    const works = await planner.plan(Array.from({ length: 8 }, (_, i) => `lab-libs/lib${i}-1.0`));
    const seen: Promise<void>[] = [];
    const watching = await bus.watch(
      ArtifactPublished,
      ({ profile, cpv, sha256, path }) => {
        if (profile !== planner.profile) return;
        seen.push(
          (async () => {
            const index = await textAt(`${service.url}/staging/${profile}/Packages`);
            expect(index).toContain(`PATH: ${path}\n`);
            const compressed = await fetch(`${service.url}/staging/${profile}/Packages.gz`);
            expect(compressed.status).toBe(200);
            expect(await shownAt(`staging/${profile}`)).toContainEqual([cpv, sha256]);
          })(),
        );
      },
      { from: 'new' },
    );
    await build(works);
    await waitFor(() => seen.length === works.length, { what: 'an event for each' });
    await Promise.all(seen);
    watching.stop();
  });

  it('lets the same file be the artifact of two jobs', async () => {
    const planner = new Planner(ground.db);
    const works = await planner.plan(['lab-libs/same-1.0', 'lab-libs/same-1.0']);
    await build(works);
    expect(await shownAt(`staging/${planner.profile}`)).toHaveLength(1);
    expect(await eventsOf(ground.db, 'ArtifactPublished', planner.profile)).toHaveLength(2);
  });

  it('does not let one artifact that is lost keep the others waiting', async () => {
    const planner = new Planner(ground.db);
    const [lost, ...others] = await planner.plan(['lab-libs/lost-1', 'lab-libs/kept-1', 'lab-libs/kept-2']);
    if (lost === undefined) throw new Error('no job');
    const bytes = gpkg(lost.cpv);
    const second = await ground.start(
      { port: 0 },
      {
        around: (stores) => ({
          ...stores,
          store: new Proxy(stores.store, {
            get(store, name) {
              const value: unknown = Reflect.get(store, name);
              if (name !== 'commit') return bound(store, value);
              return async (...given: Parameters<typeof store.commit>) => {
                const committed = await store.commit(...given);
                await rm(join(ground.directory, 'objects', sha256Of(bytes).slice(0, 2), sha256Of(bytes)));
                return committed;
              };
            },
          }),
        }),
      },
    );
    expect((await upload(second.url, lost, bytes)).status).toBe(201);
    await second.stop();
    await build(others);
    expect((await ground.db.artifacts.ofJob(lost.jobId))?.state).toBe('received');
    expect(await shownAt(`staging/${planner.profile}`)).toHaveLength(2);
  });
});

/** Methods of a class with private fields must be called on the object itself. */
function bound(on: object, value: unknown): unknown {
  return typeof value === 'function' ? (value.bind(on) as unknown) : value;
}

describe('a release', () => {
  it('is what a complete plan consists of, found or built; a plan that changes nothing makes none', async () => {
    const planner = new Planner(ground.db);
    const first = await planner.plan(['lab-libs/a-1', 'lab-libs/b-1']);
    await build(first, 'first');
    expect(await textAt(`${service.url}/${planner.profile}/Packages`)).toBeUndefined();
    const [a, b] = first;
    if (a === undefined || b === undefined) throw new Error('no jobs');
    await complete(planner, a.planId);
    expect(await promoted(a.planId)).toMatchObject({ generation: 1, packages: 2, profile: planner.profile });
    expect(await shownAt(planner.profile)).toEqual(await shownAt(`staging/${planner.profile}`));

    const same = await planner.addPlan(first);
    await complete(planner, same.id);
    const [a2] = await planner.plan(['lab-libs/a-1'], [b]);
    if (a2 === undefined) throw new Error('no job');
    await build([a2], 'second');
    await complete(planner, a2.planId);
    expect(await promoted(a2.planId)).toMatchObject({ generation: 2, packages: 2 });
    expect(await eventsOf(ground.db, 'ReleasePromoted', same.id)).toEqual([]);
    expect((await ground.db.generations.of(planner.profile)).map(({ state }) => state)).toEqual([
      'past',
      'current',
    ]);
    expect(await shownAt(planner.profile)).toEqual([
      ['lab-libs/a-1', sha256Of(gpkg('lab-libs/a-1', { content: 'second' }))],
      ['lab-libs/b-1', sha256Of(gpkg('lab-libs/b-1', { content: 'first' }))],
    ]);
  });

  it('keeps what a smaller plan does not speak of, and what a slower, older plan brings later', async () => {
    const planner = new Planner(ground.db);
    const [slow] = await planner.plan(['lab-libs/slow-1']);
    const [quick] = await planner.plan(['lab-libs/quick-1']);
    if (slow === undefined || quick === undefined) throw new Error('no jobs');
    await build([quick]);
    await complete(planner, quick.planId);
    await promoted(quick.planId);
    await build([slow]);
    await complete(planner, slow.planId);
    expect(await promoted(slow.planId)).toMatchObject({ generation: 2, packages: 2 });
  });

  it('is not made of a plan of which nothing was published', async () => {
    const planner = new Planner(ground.db);
    const [failed] = await planner.plan(['lab-libs/failed-1']);
    const [good] = await planner.plan(['lab-libs/good-1']);
    if (failed === undefined || good === undefined) throw new Error('no jobs');
    await complete(planner, failed.planId);
    await build([good]);
    await complete(planner, good.planId);
    expect(await promoted(good.planId)).toMatchObject({ generation: 1 });
    expect(await ground.db.generations.ofPlan(failed.planId)).toBeUndefined();
  });

  it('still has the packages that a client saw in the release before', async () => {
    const planner = new Planner(ground.db);
    const [old] = await planner.plan(['lab-libs/moved-1']);
    if (old === undefined) throw new Error('no job');
    await build([old], 'old');
    await complete(planner, old.planId);
    await promoted(old.planId);
    const [path] =
      /^PATH: .+$/m.exec((await textAt(`${service.url}/${planner.profile}/Packages`)) ?? '') ?? [];
    const [next] = await planner.plan(['lab-libs/moved-1']);
    if (next === undefined) throw new Error('no job');
    await build([next], 'next');
    await complete(planner, next.planId);
    await promoted(next.planId);
    const file = await fetch(`${service.url}/${planner.profile}/${path?.slice('PATH: '.length) ?? ''}`);
    expect(sha256Of(new Uint8Array(await file.arrayBuffer()))).toBe(
      sha256Of(gpkg('lab-libs/moved-1', { content: 'old' })),
    );
  });
});

describe('a second binhost over the same directory', () => {
  it('takes uploads and serves them while it waits, and publishes when the first one is gone', async () => {
    const planner = new Planner(ground.db);
    const [one, two] = await planner.plan(['lab-libs/one-1', 'lab-libs/two-1']);
    if (one === undefined || two === undefined) throw new Error('no jobs');
    const second = await ground.start();
    expect((await upload(second.url, one, gpkg(one.cpv))).status).toBe(201);
    await waitFor(async () => (await shownAt(`staging/${planner.profile}`, second.url)).length === 1);
    expect(await (await fetch(`${second.url}/readyz`)).json()).toMatchObject({ status: 'ready' });

    await service.stop();
    service = second;
    expect((await upload(second.url, two, gpkg(two.cpv))).status).toBe(201);
    await waitFor(async () => (await shownAt(`staging/${planner.profile}`, second.url)).length === 2);
  });
});

describe('S20: files, index and ledger', () => {
  it('agree again after a start, whatever was lost or changed meanwhile', async () => {
    const planner = new Planner(ground.db);
    const works = await planner.plan(['lab-libs/x-1', 'lab-libs/y-1']);
    await build(works);
    await complete(planner, works[0]?.planId ?? '');
    await promoted(works[0]?.planId ?? '');
    const before = await shownAt(`staging/${planner.profile}`);
    await service.stop();
    const profile = join(ground.directory, 'profiles', planner.profile);
    await rm(join(profile, 'staging'), { recursive: true });
    await rm(join(profile, 'current'));
    service = await ground.start();
    await waitFor(async () => {
      expect(await shownAt(`staging/${planner.profile}`)).toEqual(before);
      expect(await shownAt(planner.profile)).toEqual(before);
      return true;
    });
  });
});
