import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DurationModel, type Observation } from './duration-model.js';
import { meanMs } from './prediction.js';

const MINUTE_MS = 60_000;
const MIB = 1024 ** 2;

function built(name: string, referenceMs: number, over: Partial<Observation> = {}): Observation {
  return { name, slot: '0', use: [], sizeBytes: null, referenceMs, ...over };
}

/** Small packages take half a minute, whatever their size; among large ones there is everything. */
function modelOfMany(): DurationModel {
  const model = new DurationModel();
  for (let i = 0; i < 400; i += 1) {
    model.observe(built(`dev-libs/small${i}`, MINUTE_MS / 2, { sizeBytes: (i + 1) * 1000 }));
  }
  for (let i = 0; i < 30; i += 1) {
    const referenceMs = i % 3 === 0 ? 240 * MINUTE_MS : 2 * MINUTE_MS;
    model.observe(built(`dev-qt/large${i}`, referenceMs, { sizeBytes: (100 + i) * MIB }));
  }
  return model;
}

describe('what a build is taken to last', () => {
  it('is what the package took with these flags, else what it took, else what those of its size took (Q8)', () => {
    const model = modelOfMany();
    model.observe(built('dev-libs/icu', 10 * MINUTE_MS, { use: ['doc'] }));
    model.observe(built('dev-libs/icu', 5 * MINUTE_MS));
    const icu = { name: 'dev-libs/icu', slot: '0', sizeBytes: 1 };
    expect(model.predict({ ...icu, use: ['doc'] }).medianMs).toBeCloseTo(10 * MINUTE_MS);
    expect(model.predict({ ...icu, use: ['other'] }).medianMs).toBeCloseTo(Math.sqrt(50) * MINUTE_MS);
    const unseen = { name: 'dev-libs/new', slot: '0', use: [] };
    expect(model.predict({ ...unseen, sizeBytes: 200_000 }).medianMs).toBeCloseTo(MINUTE_MS / 2);
  });

  it('is long, and unsure, for an unseen package as large as those of which some take hours (Q8)', () => {
    const model = modelOfMany();
    const unseen = { name: 'dev-qt/unseen', slot: '0', use: [] };
    const large = model.predict({ ...unseen, sizeBytes: 115 * MIB });
    expect(meanMs(large)).toBeGreaterThan(60 * MINUTE_MS);
    expect(large.sigma).toBeGreaterThan(1.5);
    const small = model.predict({ ...unseen, sizeBytes: 1000 });
    expect([small.sigma, meanMs(small) < MINUTE_MS]).toEqual([0.5, true]);
    // Beyond the largest there are only the largest to go by.
    expect(meanMs(model.predict({ ...unseen, sizeBytes: 9_000 * MIB }))).toBeGreaterThan(60 * MINUTE_MS);
  });

  it('takes in what is built between two questions, and each package once', () => {
    const model = modelOfMany();
    const unseen = { name: 'dev-qt/unseen', slot: '0', use: [], sizeBytes: 500 };
    expect(model.predict(unseen).medianMs).toBeCloseTo(MINUTE_MS / 2);
    for (let i = 0; i < 20; i += 1) model.observe(built('a/daily', 1, { sizeBytes: 500 }));
    expect(model.predict(unseen).medianMs).toBeCloseTo((MINUTE_MS / 2) ** (19 / 20));
    for (let i = 0; i < 20; i += 1) model.observe(built(`a/b${i}`, 4 * MINUTE_MS, { sizeBytes: 500 }));
    expect(model.predict(unseen).medianMs).toBeGreaterThan(2 * MINUTE_MS);
  });

  it('is what all take where the size is not known, and a minute, more or less, where nothing is', () => {
    const unseen = { name: 'dev-qt/unseen', slot: '0', use: [], sizeBytes: null };
    expect(new DurationModel().predict(unseen)).toEqual({ medianMs: MINUTE_MS, sigma: 1.2 });
    const model = new DurationModel();
    model.observe(built('a/one', MINUTE_MS));
    model.observe(built('a/two', 4 * MINUTE_MS));
    expect(model.predict({ ...unseen, sizeBytes: MIB }).medianMs).toBeCloseTo(2 * MINUTE_MS);
  });

  it('of an unseen package is the mean of the twenty that are nearest in size', () => {
    const anySizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 })), {
      minLength: 20,
      maxLength: 60,
      size: 'max',
    });
    fc.assert(
      fc.property(anySizes, fc.integer({ min: 1, max: 1e6 }), (builds, sizeBytes) => {
        const model = new DurationModel();
        for (const [at, [size, referenceMs]] of builds.entries()) {
          model.observe(built(`a/b${at}`, referenceMs, { sizeBytes: size }));
        }
        const distances = builds
          .map(([size, ms]) => ({ far: Math.abs(Math.log(size) - Math.log(sizeBytes)), log: Math.log(ms) }))
          .sort((a, b) => a.far - b.far);
        // Which of two that are equally far is among the nearest is left open.
        fc.pre((distances[20]?.far ?? Infinity) - (distances[19]?.far ?? 0) > 1e-9);
        const mean = distances.slice(0, 20).reduce((sum, { log }) => sum + log, 0) / 20;
        const found = model.predict({ name: 'a/c', slot: '0', use: [], sizeBytes });
        expect(Math.log(found.medianMs)).toBeCloseTo(mean, 6);
      }),
    );
  });
});
