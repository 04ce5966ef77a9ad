import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  beginPause,
  DEFAULT_WORK_PAUSE_MS,
  endOver,
  endPause,
  isPaused,
  MAX_WORK_PAUSE_MS,
  pauseOf,
  pausesOver,
  pauseText,
  resumeCommand,
  scopeText,
  standingPauses,
  type Pause,
  type PauseDecision,
  type PauseDraft,
  type PauseScope,
} from './pause.js';
import { place } from './place.js';
import { asked, anyView, newPause, start } from './why.arbitrary.js';

const at = (minutes: number): Date => new Date(start.getTime() + minutes * 60_000);
const plans = [
  { id: 'plan0', profile: 'lab' },
  { id: 'plan1', profile: 'lab' },
  { id: 'plan2', profile: 'other' },
] as const;
const ofProfile = (profile: string): PauseScope => ({ kind: 'profile', profile });
const ofPlan = (plan: string): PauseScope => ({ kind: 'plan', plan });
const anyScope = fc.constantFrom<PauseScope>(
  { kind: 'swarm' },
  ...['lab', 'other'].map(ofProfile),
  ...['plan0', 'plan1', 'plan2'].map(ofPlan),
);
const draft = (over: Partial<PauseDraft> = {}): PauseDraft => ({
  ...{ id: 'p1', scope: { kind: 'swarm' }, author: 'anna', reason: 'the mirror moves' },
  forMs: DEFAULT_WORK_PAUSE_MS,
  ...over,
});

/** What one operator after the other does, a few minutes apart. */
type Step = { readonly scope: PauseScope; readonly wait: number } & (
  { readonly kind: 'begin'; readonly minutes: number } | { readonly kind: 'end' } | { readonly kind: 'look' }
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('begin' as const),
    scope: anyScope,
    wait: fc.nat(5),
    minutes: fc.integer({ min: 1, max: 12 }),
  }),
  fc.record({ kind: fc.constantFrom('end' as const, 'look' as const), scope: anyScope, wait: fc.nat(5) }),
);

/** Takes each step, and tells what is open after it and at which minute that is. */
function walk(steps: readonly Step[], seen: (open: readonly Pause[], now: Date, step: Step) => void): void {
  let open: readonly Pause[] = [];
  let minute = 0;
  for (const [index, step] of steps.entries()) {
    minute += step.wait;
    const now = at(minute);
    const decided = decide(open, step, { id: `p${index}`, now });
    const ended = new Set(decided.ended.map(({ pause }) => pause));
    open = [...open.filter((pause) => !ended.has(pause)), ...(decided.begun ? [decided.begun] : [])];
    seen(open, now, step);
  }
}

function decide(
  open: readonly Pause[],
  step: Step,
  { id, now }: { readonly id: string; readonly now: Date },
): PauseDecision {
  if (step.kind === 'look') return endOver(open, now);
  if (step.kind === 'end') return endPause(open, { scope: step.scope, by: 'bert' }, now);
  const begun = beginPause(open, draft({ id, scope: step.scope, forMs: step.minutes * 60_000 }), now);
  if (!begun.ok) throw new Error(begun.error);
  return begun.value;
}

describe('a pause of the swarm', () => {
  it('has an author, a reason and an end, four hours later unless somebody says otherwise (S19)', () => {
    const begun = beginPause([], draft({ reason: ' the mirror moves ' }), start);
    expect(begun).toEqual({ ok: true, value: { begun: newPause({ until: at(240) }), ended: [] } });
    expect(pauseText(newPause({ until: at(240) }))).toBe(
      'the swarm is paused by anna until 2026-01-01T04:00:00.000Z: the mirror moves',
    );
  });

  it.each([
    ['author', { author: ' ' }],
    ['reason', { reason: ' \n' }],
    ['reason', { reason: 'x'.repeat(501) }],
    ['forMs', { forMs: 0 }],
    ['forMs', { forMs: 1.5 }],
    ['forMs', { forMs: MAX_WORK_PAUSE_MS + 1 }],
  ])('is refused without a sound %s (S19)', (field, over) => {
    const begun = beginPause([], draft(over), start);
    expect(begun.ok ? '' : begun.error).toMatch(new RegExp(`^${field}: `));
    expect(beginPause([], draft({ forMs: MAX_WORK_PAUSE_MS, reason: 'x'.repeat(500) }), start).ok).toBe(true);
  });

  it('holds nothing from its end on, whether or not that is on record (S19)', () => {
    const pause = newPause({ until: at(60) });
    const before = new Date(at(60).getTime() - 1);
    expect(plans.map((plan) => isPaused([pause], plan, before))).toEqual([true, true, true]);
    expect(plans.map((plan) => isPaused([pause], plan, at(60)))).toEqual([false, false, false]);
    expect(standingPauses([pause], at(60))).toEqual([]);
    expect(endOver([pause], before).ended).toEqual([]);
    expect(endOver([pause], at(61)).ended).toEqual([{ pause, end: { how: 'over', at: at(60), by: null } }]);
  });

  it('of a profile or a plan holds that and nothing else', () => {
    const held = (scope: PauseScope): readonly boolean[] =>
      plans.map((plan) => isPaused([newPause({ scope })], plan, start));
    expect(held(ofProfile('lab'))).toEqual([true, true, false]);
    expect(held(ofPlan('plan1'))).toEqual([false, true, false]);
    expect(held(ofProfile('plan1'))).toEqual([false, false, false]);
    expect(held(ofPlan('lab'))).toEqual([false, false, false]);
  });

  it('makes way for a newer one of the same scope, and ends by hand where that is meant', () => {
    const [lab, all] = [newPause({ scope: ofProfile('lab') }), newPause({ id: 'p2' })];
    const again = beginPause([lab, all], draft({ scope: ofProfile('lab'), author: 'bert' }), at(1));
    expect(again.ok && again.value.ended).toEqual([
      { pause: lab, end: { how: 'replaced', at: at(1), by: 'bert' } },
    ]);
    const ended = endPause([lab, all], { scope: { kind: 'swarm' }, by: 'bert' }, at(1));
    expect(ended).toEqual({
      begun: null,
      ended: [{ pause: all, end: { how: 'resumed', at: at(1), by: 'bert' } }],
    });
    // Time was first: nobody resumed that.
    expect(endPause([all], { scope: { kind: 'swarm' }, by: 'bert' }, at(11)).ended[0]?.end.how).toBe('over');
    expect(endPause([lab], { scope: { kind: 'swarm' }, by: 'bert' }, at(1)).ended).toEqual([]);
  });

  it('is told the widest first; what a plan waits for is the one that ends last (S19)', () => {
    const all = newPause({ until: at(10) });
    const plan = newPause({ id: 'p2', scope: ofPlan('plan0'), until: at(30) });
    const lab = newPause({ id: 'p3', scope: ofProfile('lab'), until: at(20) });
    expect(standingPauses([plan, lab, all], start)).toEqual([all, lab, plan]);
    const over = pausesOver([all, lab, plan], plans, start);
    expect(plans.map(({ id }) => over(id))).toEqual([plan, lab, all]);
    expect(over('another')).toBeUndefined();
    expect([all, lab, plan].map(({ scope }) => resumeCommand(scope))).toEqual([
      'swarm resume',
      'swarm resume --profile lab',
      'swarm resume --plan plan0',
    ]);
  });

  it('whatever is begun and ended, at most one of each scope is open, and all who ask agree (S19)', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 30, size: 'max' }), (steps) => {
        walk(steps, (open, now, step) => {
          expect(new Set(open.map(({ scope }) => scopeText(scope))).size).toBe(open.length);
          const standing = standingPauses(open, now);
          for (const pause of standing) expect(pause.since <= now && now < pause.until).toBe(true);
          if (step.kind === 'look') expect(standing).toHaveLength(open.length);
          const asksFor = open.filter(({ scope }) => scopeText(scope) === scopeText(step.scope));
          if (step.kind !== 'look') expect(asksFor).toHaveLength(step.kind === 'begin' ? 1 : 0);
          const over = pausesOver(open, plans, now);
          for (const plan of plans) {
            const pause = pauseOf(open, plan, now);
            expect(pause !== undefined).toBe(isPaused(open, plan, now));
            expect(over(plan.id)).toBe(pause);
            // When that one is over, nothing that is open today holds the plan any more.
            if (pause) expect(isPaused(open, plan, pause.until)).toBe(false);
          }
        });
      }),
    );
  });

  it('lets nothing of its plans be given out, and its slots go to the others (S19)', () => {
    let [heldBack, gained] = [0, 0];
    fc.assert(
      fc.property(anyView, (view) => {
        const pauses = [newPause({ scope: ofPlan('plan0'), until: new Date(asked.getTime() + 1) })];
        const plansOf = [...view.board.plans.keys()].map((id) => ({ id, profile: '' }));
        const planOf = (jobId: string): string | undefined => view.board.find(jobId)?.plan;
        const free = place(view, asked);
        const held = place({ ...view, pauseOf: pausesOver(pauses, plansOf, asked) }, asked);
        expect(held.map(({ jobId }) => planOf(jobId))).not.toContain('plan0');
        const others = free.filter(({ jobId }) => planOf(jobId) !== 'plan0');
        expect(held.length).toBeGreaterThanOrEqual(others.length === 0 ? 0 : 1);
        if (others.length < free.length) heldBack += 1;
        if (held.length > others.length) gained += 1;
        // Over, and forgotten: as if there had never been one.
        const pauseOfAll = (): Pause => newPause({ until: asked });
        expect(place({ ...view, pauseOf: pauseOfAll }, asked)).toEqual(free);
      }),
      // The same boards each time, so that what they have in them can be counted on.
      { numRuns: 300, seed: 20_261_125 },
    );
    expect([heldBack > 10, gained > 0]).toEqual([true, true]);
  });
});
