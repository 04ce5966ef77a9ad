import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { HealingAction } from './action.js';
import {
  actionAt,
  anyWorld,
  droneIn,
  endOf,
  natures,
  pageOf,
  play,
  policy,
  signAt,
  START,
  type Told,
  type World,
} from './healing.arbitrary.js';
import { hostKinds } from './host.js';
import { decide, type Case, type Decision } from './ladder.js';
import { rebootQuota } from './reboot-limit.js';

const WORLDS = 150;
/** Another one each time; a failure says which, and this variable repeats it. */
const seed = Number(process.env['SWARM_HEALING_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Played once, since that takes longest, and looked at by every property. */
let tales: { readonly world: World; readonly told: Told }[] = [];
beforeAll(() => {
  tales = fc.sample(anyWorld, { numRuns: WORLDS, seed }).map((world) => ({ world, told: play(world) }));
});

function always(check: (told: Told) => void): void {
  for (const { world, told } of tales) {
    try {
      check(told);
    } catch (cause) {
      throw new Error(`SWARM_HEALING_SEED=${seed}, in the world ${JSON.stringify(world.hosts)}`, { cause });
    }
  }
}

/** Decisions that reach a host, or a person. */
const touches: readonly string[] = ['probe', 'restart', 'ask', 'reboot', 'page'];

const ms = (later: { readonly at: Date }, earlier: { readonly at: Date }): number =>
  later.at.getTime() - earlier.at.getTime();

describe('a healer, whatever its fleet, its operator and its own crashes are', () => {
  it('never has two reboots on their way', () => {
    always(({ mostReboots }) => {
      expect(mostReboots).toBeLessThanOrEqual(1);
    });
  });

  it('never reboots more than a third of the fleet, or one, within an hour', () => {
    always(({ deeds, drones }) => {
      const reboots = deeds.filter(({ kind }) => kind === 'reboot');
      for (const first of reboots) {
        const within = reboots.filter(
          (each) => ms(each, first) >= 0 && ms(each, first) < policy.rebootWindowMs,
        );
        expect(within.length).toBeLessThanOrEqual(rebootQuota({ drones: drones.size }, policy));
      }
    });
  });

  it('never reboots without consent that holds at that moment', () => {
    always(({ deeds }) => {
      expect(deeds.filter(({ isAllowed }) => !isAllowed)).toEqual([]);
    });
  });

  it('never reboots a protected host, nor one that cannot be rebooted', () => {
    always(({ deeds, drones }) => {
      for (const { kind, drone } of deeds) {
        const host = pageOf(drone, drones.get(drone)?.host);
        if (kind === 'reboot')
          expect([host.isProtected, hostKinds[host.kind].canReboot]).toEqual([false, true]);
      }
    });
  });

  it('executes nothing at a host that is not the drone, and calls a person for it (S14)', () => {
    always(({ deeds, drones, history }) => {
      for (const [name, { host }] of drones) {
        if (host.nature !== 'impostor') continue;
        expect(deeds.filter(({ drone }) => drone === name)).toEqual([]);
        if (host.isInBook) expect(causesOf(history.get(name))).toContain('identity');
      }
    });
  });

  it('never touches a drone that is heard and in good standing (S25)', () => {
    always(({ decisions }) => {
      const touching = decisions.filter(({ drone, decision, at }) => {
        const isHeard = at.getTime() - drone.lastSign.at.getTime() < policy.offlineAfterMs;
        return isHeard && drone.state !== 'grounded' && touches.includes(decision.kind);
      });
      expect(touching).toEqual([]);
    });
  });

  it('brings every sick drone back, or calls a person (S30)', () => {
    always(({ drones, history }) => {
      for (const [name, { sickSince }] of drones) {
        if (sickSince === null || isRecent(sickSince)) continue;
        const pages = (history.get(name) ?? []).filter(
          ({ kind, begunAt }) => kind === 'page' && begunAt >= sickSince,
        );
        expect([name, pages.length > 0]).toEqual([name, true]);
      }
    });
  });

  it('keeps its cooldowns, also over its own crashes', () => {
    always(({ deeds }) => {
      const limits = { restart: policy.restartCooldownMs, reboot: policy.rebootCooldownMs };
      for (const [index, deed] of deeds.entries()) {
        const earlier = deeds
          .slice(0, index)
          .findLast(({ drone, kind }) => drone === deed.drone && kind === deed.kind);
        if (earlier) expect(ms(deed, earlier)).toBeGreaterThanOrEqual(limits[deed.kind]);
      }
    });
  });

  it('treats no drone before enough looks, over enough time, found it sick', () => {
    always(({ history }) => {
      for (const actions of history.values()) {
        for (const [index, action] of actions.entries()) {
          if (action.kind !== 'restart' && action.kind !== 'reboot') continue;
          const past = actions.slice(0, index);
          const since = past.findLastIndex(({ kind }) => kind !== 'probe' && kind !== 'page') + 1;
          const probes = past.slice(since).filter(({ kind }) => kind === 'probe');
          expect(probes.length).toBeGreaterThanOrEqual(policy.probes);
          const overMs = action.begunAt.getTime() - (probes[0]?.begunAt.getTime() ?? Infinity);
          expect(overMs).toBeGreaterThanOrEqual(policy.probeOverMs);
        }
      }
    });
  });

  it('climbs: reboots only after its restarts, and once in an episode', () => {
    always(({ history }) => {
      for (const actions of history.values()) {
        for (const episode of episodes(actions)) {
          const kinds = episode
            .map(({ kind }) => kind)
            .filter((kind) => kind === 'restart' || kind === 'reboot');
          const { restarts } = policy;
          expect(kinds).toEqual(
            [...Array<string>(restarts).fill('restart'), 'reboot'].slice(0, kinds.length),
          );
        }
      }
    });
  });

  it('says the same of the same drone at most once an hour, once somebody was told', () => {
    always(({ history }) => {
      for (const actions of history.values()) {
        const pages = actions.filter(({ kind }) => kind === 'page');
        for (const [index, page] of pages.entries()) {
          const earlier = pages.slice(0, index).findLast(({ cause }) => cause === page.cause);
          if (!earlier) continue;
          const limitMs = earlier.end?.state === 'failed' ? policy.pageAgainMs : policy.pageEveryMs;
          expect(page.begunAt.getTime() - earlier.begunAt.getTime()).toBeGreaterThanOrEqual(limitMs);
        }
      }
    });
  });

  it('meets all of this in the worlds that it is given: every kind of decision, every cause of a page', () => {
    const kinds = new Set<string>();
    const causes = new Set<string>();
    const helped = new Set<string>();
    always(({ decisions, drones }) => {
      for (const { decision } of decisions) {
        kinds.add(decision.kind);
        if (decision.kind === 'page') causes.add(decision.cause);
      }
      for (const { host, sickSince } of drones.values()) if (sickSince === null) helped.add(host.nature);
    });
    expect([...kinds].sort()).toEqual(
      ['ask', 'close', 'nothing', 'page', 'probe', 'reboot', 'restart', 'settle', 'withdraw'].sort(),
    );
    expect([...causes].sort()).toEqual(
      [
        ...['cannot-reboot', 'identity', 'no-host', 'protected', 'reboot-failed', 'still-sick'],
        ...['unconfirmed', 'unreachable'],
      ].sort(),
    );
    const helpable = natures.filter((nature) => nature.includes('helped-by'));
    expect([...helped]).toEqual(expect.arrayContaining(helpable));
  });
});

/** Too short before the end for the ladder to have been climbed: groundings last up to an hour each. */
function isRecent(since: Date): boolean {
  return since.getTime() - START.getTime() > 2 * 3_600_000;
}

function causesOf(actions: readonly HealingAction[] = []): readonly (string | null)[] {
  return actions.map(({ cause }) => cause);
}

function episodes(actions: readonly HealingAction[]): HealingAction[][] {
  const all: HealingAction[][] = [[]];
  for (const action of actions) {
    if (action.kind === 'recovered') all.push([]);
    else all.at(-1)?.push(action);
  }
  return all;
}

const at = (seconds: number): Date => new Date(START.getTime() + seconds * 1_000);
const probes = (...seconds: number[]): HealingAction[] =>
  seconds.map((s) => actionAt(s, 'probe', { end: endOf('done', at(s), 'agent-down') }));

function decided(given: Partial<Case>): Decision {
  return decide({
    ...{
      drone: droneIn('drone-1', START, 'offline'),
      host: pageOf('drone-1'),
      history: [],
      request: undefined,
    },
    ...{ fleet: { drones: 3, reboots: [] }, policy, now: at(600) },
    ...given,
  });
}

describe('a drone', () => {
  it('that is heard is left alone, whatever SSH said of it (S25)', () => {
    const drone = droneIn('drone-1', at(590), 'online');
    const history = [0, 60, 120, 180, 400].map((s) =>
      actionAt(s, 'probe', { end: endOf('done', at(s), 'unreachable') }),
    );
    expect(decided({ drone, history })).toMatchObject({ kind: 'nothing' });
    expect(decided({ drone: { ...drone, state: 'offline' }, history })).toEqual({
      kind: 'nothing',
      reason: 'it was heard a moment ago',
    });
  });

  it('that was told to stop, that a person grounded, that drains or is retired is left alone (S7, S21)', () => {
    const offline = droneIn('drone-1', START, 'offline');
    const grounded = droneIn('drone-1', START, 'grounded');
    const history = probes(0, 100, 200, 300);
    for (const drone of [
      { ...offline, lastSign: signAt(START, true) },
      { ...grounded, grounding: { until: null, times: 1 } },
      { ...offline, state: 'draining' as const },
      { ...offline, drain: { by: 'anna', reason: 'a new disk', since: START } },
      { ...offline, state: 'retired' as const },
      { ...offline, state: 'suspect' as const },
      { ...grounded, state: 'probation' as const },
    ]) {
      expect(decided({ drone, history, host: undefined })).toMatchObject({ kind: 'nothing' });
    }
  });

  it('is restarted after three looks over 180 s, and not before (S25)', () => {
    expect(decided({ history: [] })).toMatchObject({ kind: 'probe' });
    expect(decided({ history: probes(421, 480, 540, 600) })).toMatchObject({ kind: 'nothing' });
    expect(decided({ history: probes(300, 510) })).toMatchObject({ kind: 'probe' });
    expect(decided({ history: probes(420, 480, 540) })).toMatchObject({
      kind: 'restart',
      fault: 'agent-down',
    });
  });

  it('in the same grounding is restarted once; another one shows that it did not help', () => {
    const treated = actionAt(200, 'restart', {
      fault: 'grounded',
      groundings: 1,
      end: endOf('done', at(200), 'agent-up'),
    });
    const history = [...probes(0, 60, 190), treated, ...probes(510, 600, 700)];
    const given = { history, now: at(720) };
    const drone = droneIn('drone-1', at(710), 'grounded', 1);
    expect(decided({ ...given, drone })).toMatchObject({ kind: 'nothing' });
    const again = droneIn('drone-1', at(710), 'grounded', 2);
    expect(decided({ ...given, drone: again })).toMatchObject({ kind: 'restart', fault: 'grounded' });
  });

  it('whose act has no result is looked at before anything else, even when it is well', () => {
    const open = actionAt(590, 'reboot', { end: null, bootBefore: 'x' });
    const drone = droneIn('drone-1', at(599), 'online');
    expect(decided({ drone, history: [open] })).toMatchObject({ kind: 'settle', action: open });
  });

  it('that comes and goes climbs, since its episode ends only after steady time', () => {
    const history = [...probes(0, 60, 190), actionAt(200, 'restart')];
    const drone = droneIn('drone-1', at(590), 'online');
    expect(decided({ drone, history })).toMatchObject({ kind: 'nothing' });
    expect(decided({ drone: droneIn('drone-1', at(799), 'online'), history, now: at(800) })).toMatchObject({
      kind: 'close',
    });
  });

  it('of which the host book knows nothing calls a person, once it is clear that it does not come back (S30)', () => {
    const host = undefined;
    expect(decided({ host, now: at(209) })).toMatchObject({ kind: 'nothing' });
    expect(decided({ host, now: at(210) })).toMatchObject({ kind: 'page', cause: 'no-host' });
  });
});

describe('a reboot', () => {
  const restarted = [
    ...probes(0, 60, 190),
    actionAt(200, 'restart'),
    ...probes(230, 290, 420),
    actionAt(500, 'restart'),
    ...probes(530, 600, 800),
  ];
  const after = { history: restarted, now: at(801) };
  const asked = { id: 'r', drone: 'drone-1', askedAt: at(700), reason: '', consent: null };

  it('is asked for after two restarts; what the operator says holds until its end', () => {
    expect(decided(after)).toMatchObject({ kind: 'ask' });
    expect(decided({ ...after, request: asked })).toMatchObject({ kind: 'nothing' });
    const until = (seconds: number): Case['request'] => ({
      ...asked,
      consent: { by: 'anna', at: at(750), until: at(seconds) },
    });
    expect(decided({ ...after, request: until(802) })).toMatchObject({
      kind: 'reboot',
      reason: 'drone-1 is silent after 2 restarts; confirmed by anna',
    });
    expect(decided({ ...after, request: until(801) })).toMatchObject({ kind: 'withdraw', how: 'expired' });
  });

  it('that nobody confirms calls a person, and goes on waiting (S30)', () => {
    const now = at(700 + policy.confirmWithinMs / 1_000);
    const late = decided({ ...after, request: asked, now });
    expect(late).toMatchObject({ kind: 'page', cause: 'unconfirmed' });
    const told = [...restarted, actionAt(1_600, 'page', { cause: 'unconfirmed' })];
    expect(decided({ ...after, history: told, request: asked, now })).toMatchObject({ kind: 'nothing' });
  });

  it('waits while another drone is rebooted, and while a third of the fleet was within the hour', () => {
    const host = pageOf('drone-1', { mayReboot: true });
    const other = actionAt(790, 'reboot', { drone: 'drone-2' });
    const fleet = (drones: number, ...reboots: HealingAction[]): Case['fleet'] => ({ drones, reboots });
    expect(decided({ ...after, host })).toMatchObject({ kind: 'reboot', request: null });
    expect(decided({ ...after, host, fleet: fleet(9, { ...other, end: null }) })).toMatchObject({
      kind: 'nothing',
      reason: 'drone-2 is being rebooted, and one at a time is enough',
    });
    expect(decided({ ...after, host, fleet: fleet(5, other) })).toMatchObject({ kind: 'nothing' });
    expect(decided({ ...after, host, fleet: fleet(6, other) })).toMatchObject({ kind: 'reboot' });
    const refused = { ...other, end: endOf('refused', at(790), 'wrong-key') };
    expect(decided({ ...after, host, fleet: fleet(5, refused) })).toMatchObject({ kind: 'reboot' });
  });

  it('that failed, or did not help, calls a person and is not repeated (S30)', () => {
    const host = pageOf('drone-1', { mayReboot: true });
    const failed = [...restarted, actionAt(810, 'reboot', { end: endOf('failed', at(900), 'agent-down') })];
    expect(decided({ history: failed, host, now: at(901) })).toMatchObject({
      kind: 'page',
      cause: 'reboot-failed',
    });
    const done = [...restarted, actionAt(810, 'reboot', { end: endOf('done', at(900), 'agent-down') })];
    expect(decided({ history: done, host, now: at(901) })).toMatchObject({ kind: 'nothing' });
    expect(decided({ history: done, host, now: at(900 + 600) })).toMatchObject({
      kind: 'page',
      cause: 'still-sick',
    });
  });

  it('of bare metal is refused by default, which a person is told (S14, S30)', () => {
    const host = pageOf('drone-1', { kind: 'bare-metal', mayReboot: true });
    expect(decided({ ...after, host })).toMatchObject({ kind: 'page', cause: 'protected' });
  });

  it('is asked for no more when the drone is well', () => {
    const drone = droneIn('drone-1', at(800), 'online');
    expect(decided({ ...after, drone, request: asked })).toMatchObject({
      kind: 'withdraw',
      how: 'recovered',
    });
  });
});
