import { describe, expect, it } from '@jest/globals';

import { CrashGround, drawSchedule, readSchedule, type CrashSchedule } from './crash-schedules.js';

/** `npm run crash` makes it 250 of each seed. */
const SCHEDULES = Number(process.env['SWARM_CRASH_SCHEDULES'] ?? 1);
/** One schedule that is played again and again, e.g. `binhost at 108`. */
const REPLAY = process.env['SWARM_CRASH_REPLAY'];
const FIXED_SEED = 20_260_301;
const fresh = Number(process.env['SWARM_CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const LIMIT_MS = 60_000 + SCHEDULES * 150_000;

/** A linear congruential generator: enough to choose where to die. */
function chanceOf(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 33n) / 2 ** 31;
  };
}

const inWords = ({ orders }: CrashSchedule): string =>
  orders.map(({ service, point }) => `${service} at ${point}`).join(', ');

describe('services that are killed at any point of their work', () => {
  it.each([
    ['fixed', FIXED_SEED],
    ['fresh', fresh],
  ])(
    'leave ledger, streams and binhost in agreement, with the same result as on a quiet day: %s seed %i (S7, Q2, Q3)',
    async (_name, seed) => {
      await using ground = await CrashGround.start();
      const chance = chanceOf(seed);
      for (let n = 0; n < SCHEDULES; n += 1) {
        const schedule = REPLAY === undefined ? drawSchedule(chance) : readSchedule(REPLAY);
        const violations = await ground.run(schedule);
        if (SCHEDULES > 10)
          process.stdout.write(`${n + 1}: ${inWords(schedule)}: ${violations.join('; ') || 'ok'}\n`);
        expect({ seed, schedule: n, orders: inWords(schedule), violations }).toMatchObject({
          violations: [],
        });
      }
    },
    LIMIT_MS,
  );
});
