import { expect } from '@jest/globals';

import type { PlanDetail } from '@swarm/contracts';

import type { TestSwarm } from './test-swarm.js';

/** What a plan of the small world comes to, whatever happened on the way. */
export const smallWorldOutcome: Readonly<Record<string, string>> = {
  base: 'published',
  alpha: 'published',
  beta: 'published',
  gamma: 'published',
  delta: 'published',
  epsilon: 'published',
  zeta: 'published',
  eta: 'published',
  theta: 'published',
  late: 'published',
  'second-try': 'published',
  never: 'quarantined',
  'needs-never': 'blocked',
};

/** The same result as on a quiet day: each package once in the index, each failure with its reason. */
export async function expectSameOutcome(swarm: TestSwarm, { plan, jobs }: PlanDetail): Promise<void> {
  expect(plan.state).toBe('complete');
  const states = Object.fromEntries(
    jobs.map(({ cpv, state }) => [/\/(.*)-[\d.]+$/.exec(cpv)?.[1] ?? cpv, state]),
  );
  expect(states).toEqual(smallWorldOutcome);
  const published = jobs.filter(({ state }) => state === 'published').map(({ cpv }) => cpv);
  const planned = new Set(jobs.map(({ cpv }) => cpv));
  expect((await swarm.indexed()).filter((cpv) => planned.has(cpv)).sort()).toEqual(published.sort());
  for (const { id, state } of jobs) {
    const { attempts, reason } = await swarm.job(id);
    if (state === 'published') expect(attempts.filter((attempt) => isOpen(attempt.state))).toEqual([]);
    else expect(reason).not.toBe('');
  }
}

function isOpen(state: string): boolean {
  return state === 'offered' || state === 'running';
}
