import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { directWaits, type WaitingJob } from './direct-waits.js';

const keyOf = (position: number): string => `k${position}`;
const job = (position: number, needs: readonly number[]): WaitingJob => ({
  buildKey: keyOf(position),
  needs: needs.map((need) => ({ buildKey: keyOf(need) })),
});

/** Needs as a plan has them: any jobs before, in any order, some twice, some of no job at all. */
const needsOfPlans = fc
  .array(fc.array(fc.nat(), { maxLength: 12 }), { maxLength: 30 })
  .map((rows) =>
    rows.map((row, position) => row.map((n) => (position === 0 ? -1 : (n % (position + 1)) - 1))),
  );

function reachable(edges: readonly (readonly number[])[]): readonly ReadonlySet<number>[] {
  const reached: Set<number>[] = [];
  for (const targets of edges) {
    const own = new Set<number>();
    for (const target of targets) {
      if (target < 0) continue;
      own.add(target);
      for (const further of reached[target] ?? []) own.add(further);
    }
    reached.push(own);
  }
  return reached;
}

describe('the jobs that a job directly waits for', () => {
  it('lead to exactly the jobs to which its needs lead, whatever the graph (Q12)', () => {
    fc.assert(
      fc.property(needsOfPlans, (plan) => {
        const waits = directWaits(plan.map((needs, position) => job(position, needs)));
        expect(reachable(waits)).toEqual(reachable(plan));
      }),
      { numRuns: 500 },
    );
  });

  it('are needs of it, once each, and none is a need of another one of them', () => {
    fc.assert(
      fc.property(needsOfPlans, (plan) => {
        const waits = directWaits(plan.map((needs, position) => job(position, needs)));
        for (const [position, own] of waits.entries()) {
          expect(new Set(own).size).toBe(own.length);
          for (const wait of own) {
            expect(plan[position]).toContain(wait);
            expect(own.filter((other) => plan[other]?.includes(wait))).toEqual([]);
          }
        }
      }),
    );
  });

  it('are one where needs are a chain', () => {
    const chain = Array.from({ length: 100 }, (_, position) => job(position, [...Array(position).keys()]));
    expect(directWaits(chain)).toEqual(chain.map((_job, position) => (position === 0 ? [] : [position - 1])));
  });

  it('are refused, by name, for a job that needs itself or a later one', () => {
    expect(() => directWaits([job(0, [0])])).toThrow('job 0 (k0) needs job 0');
    expect(() => directWaits([job(0, [1]), job(1, [])])).toThrow('which does not come before it');
  });

  it('of a plan of 5,000 jobs with 300 needs each take less than two seconds', () => {
    const jobs = Array.from({ length: 5_000 }, (_, position) => {
      const first = Math.max(0, position - 300);
      return job(
        position,
        Array.from({ length: position - first }, (_need, i) => first + i),
      );
    });
    const begin = performance.now();
    expect(directWaits(jobs)).toHaveLength(5_000);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});
