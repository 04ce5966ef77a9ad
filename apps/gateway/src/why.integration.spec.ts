import { describe, expect, it } from '@jest/globals';
import { ApiFailure, WhyAnswered, WhyAsked, type WhyAnswer } from '@swarm/contracts';

import { bus, gateway, get, ledger, useGateway } from './gateway-per-test.fixture.js';

useGateway();

const answer: WhyAnswer = {
  ...{ cpv: 'a/one-1', profile: 'lab', plan: null, state: 'needed', kind: 'next', noEta: '' },
  ...{ sentence: 'is given to d1 next', unblocks: 'the next round', since: null },
  eta: {
    at: '2026-01-01T00:10:00.000Z',
    earliest: '2026-01-01T00:08:00.000Z',
    latest: '2026-01-01T00:14:00.000Z',
  },
};

async function refused(path: string): Promise<ApiFailure['error'] & { readonly status: number }> {
  const response = await fetch(`${gateway.url}/api/v1${path}`);
  return { status: response.status, ...ApiFailure.parse(await response.json()).error };
}

describe('asking why', () => {
  it('asks the scheduler over the bus and hands on its answers (Q11)', async () => {
    await ledger.profile('lab');
    const seen: WhyAsked[] = [];
    const scheduler = await bus.answer(WhyAsked, WhyAnswered, async (asked) => {
      seen.push(asked);
      return { requestId: asked.requestId, answers: [answer], leftOut: 3, mistake: '' };
    });
    const path = `/why?atom=${encodeURIComponent('>=a/one-1')}&profile=lab`;
    expect(await get('why', path)).toEqual({ answers: [answer], leftOut: 3 });
    expect(seen).toMatchObject([{ atom: '>=a/one-1', profile: 'lab' }]);
    scheduler.stop();
    await scheduler.finished;
  });

  it('names the field of a question that is wrong', async () => {
    const bad = await refused('/why?atom=a%2F');
    expect([bad.status, bad.code, bad.message]).toEqual([400, 'bad-input', expect.stringMatching(/^atom: /)]);
    expect(await refused('/why')).toMatchObject({
      status: 400,
      message: 'atom: give an atom, e.g. dev-libs/icu',
    });
    expect(await refused('/why?atom=a/one&profile=none')).toMatchObject({
      ...{ status: 404, message: expect.stringMatching(/^profile: /) },
    });
  });

  it('says 503 when no scheduler answers', async () => {
    expect(await refused('/why?atom=a/one')).toMatchObject({ status: 503, code: 'unavailable' });
  });
});
