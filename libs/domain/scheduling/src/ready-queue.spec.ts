import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { BoardJob } from './board-job.js';
import { ReadyQueue, ReadyWalk } from './ready-queue.js';
import { newJob, start } from './why.arbitrary.js';
import { WorkBoard } from './work-board.js';

const SIZE = 60;

/** Few ranks, so that many are equal. */
function entriesOf(ranks: readonly number[]): readonly BoardJob[] {
  const board = new WorkBoard({ maxFailures: 3, maxReclaims: 3 }, ({ id }) => {
    return { medianMs: ranks[Number(id.slice(-4))] ?? 1, sigma: 0.5 };
  });
  const jobs = ranks.map((_rank, at) => {
    return { job: newJob('p', at), revision: 1, waits: [], since: start };
  });
  board.addPlan('p', jobs, start);
  return board.plans.get('p')?.jobs ?? [];
}

function seenAlong(queue: ReadyQueue, most = Infinity): BoardJob[] {
  const walk = new ReadyWalk(queue);
  const seen: BoardJob[] = [];
  for (let next = walk.next(); next; next = seen.length < most ? walk.next() : undefined) seen.push(next);
  return seen;
}

describe('the ready jobs of a plan', () => {
  it('are in order, whoever came and went in between, and looking at them changes nothing', () => {
    const anyRanks = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: SIZE, maxLength: SIZE });
    const anyTurns = fc.array(fc.noBias(fc.nat(SIZE - 1)), { maxLength: 150, size: 'max' });
    fc.assert(
      fc.property(anyRanks, anyTurns, fc.nat(SIZE), (ranks, turns, most) => {
        const entries = entriesOf(ranks);
        const inside = new Set(entries.slice(0, SIZE / 2));
        const queue = new ReadyQueue(inside, 0.01);
        for (const turn of turns) {
          const entry = entries[turn];
          if (!entry) continue;
          if (inside.delete(entry)) queue.remove(entry);
          else {
            inside.add(entry);
            queue.add(entry);
          }
        }
        const expected = [...inside].sort((a, b) => b.rankMs - a.rankMs || (a.job.id < b.job.id ? -1 : 1));
        seenAlong(queue, most);
        expect([queue.size, seenAlong(queue)]).toEqual([inside.size, expected]);
      }),
    );
  });

  it('lose nothing when one is taken out that is not among them', () => {
    const [first, second] = entriesOf([1, 2]);
    if (!first || !second) throw new Error('no jobs');
    const queue = new ReadyQueue([first], 0);
    queue.remove(second);
    expect(seenAlong(queue)).toEqual([first]);
  });
});
