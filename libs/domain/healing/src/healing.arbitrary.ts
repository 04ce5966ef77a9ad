import fc from 'fast-check';

import type { Drone, DroneState } from '@swarm/domain-drone';

import { findings, type ActionEnd, type ActionKind, type Found, type HealingAction } from './action.js';
import type { RebootRequest } from './confirmation.js';
import { hostKinds, type DroneHost, type HostKind } from './host.js';
import { decide, type Decision } from './ladder.js';
import { defaultHealing } from './policy.js';
import { settle } from './settle.js';

export const policy = defaultHealing;
export const START = new Date('2026-01-01T00:00:00Z');
/** A model's healer looks at its fleet so often. */
export const STEP_MS = 60_000;
export const STEPS = 300;
const GROUNDED_MS = 300_000;

/** What becomes of a drone, and what helps. */
export const natures = [
  'sound',
  'helped-by-restart',
  'helped-by-reboot',
  'hopeless',
  'unreachable',
  'comes-and-goes',
  'flaky-network',
  'impostor',
  'runaway',
  'runaway-helped-by-restart',
  'runaway-helped-by-reboot',
  'reboot-does-nothing',
] as const;
export type Nature = (typeof natures)[number];

export interface ModelHost {
  readonly nature: Nature;
  readonly kind: HostKind;
  readonly isProtected: boolean;
  readonly mayReboot: boolean;
  readonly isInBook: boolean;
}

export interface World {
  readonly hosts: readonly ModelHost[];
  /** When the operator answers a request; null: never. */
  readonly answersAfterMs: number | null;
  readonly consentMs: number;
  /** Whatever else chance decides. */
  readonly dice: readonly number[];
  /** In a hundred, how often the healer is killed in the middle of an act. */
  readonly crashes: number;
}

/** Fleets in trouble: mostly reachable and in the book, since that is where something can be done wrong. */
export const anyWorld: fc.Arbitrary<World> = fc.record({
  hosts: fc.array(
    fc.record({
      nature: fc.constantFrom(...natures),
      kind: fc.constantFrom<HostKind>('lxc', 'lxc', 'qemu', 'docker', 'bare-metal'),
      isProtected: often(1),
      mayReboot: often(5),
      isInBook: often(9),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  answersAfterMs: fc.constantFrom(null, 60_000, 600_000, 2_400_000),
  consentMs: fc.constantFrom(60_000, 1_800_000),
  dice: fc.array(fc.noBias(fc.nat({ max: 99 })), { minLength: 97, maxLength: 97 }),
  crashes: fc.constantFrom(0, 0, 5, 30),
});

function often(inTen: number): fc.Arbitrary<boolean> {
  return fc.oneof(
    { weight: inTen, arbitrary: fc.constant(true) },
    { weight: 10 - inTen, arbitrary: fc.constant(false) },
  );
}

/** Something that the model's healer did to a host, as the host saw it. */
export interface Deed {
  readonly at: Date;
  readonly drone: string;
  readonly kind: 'restart' | 'reboot';
  readonly isAllowed: boolean;
}

export interface Told {
  readonly deeds: readonly Deed[];
  readonly decisions: readonly { readonly at: Date; readonly drone: Drone; readonly decision: Decision }[];
  readonly history: ReadonlyMap<string, readonly HealingAction[]>;
  readonly drones: ReadonlyMap<string, ModelDrone>;
  readonly mostReboots: number;
}

export interface ModelDrone {
  readonly host: ModelHost;
  readonly drone: Drone;
  readonly boot: number;
  /** Null while the agent is as it should be. */
  readonly sickSince: Date | null;
}

/** Plays a fleet and its healer forward. `judge` is the decision; a faulty one is caught by the properties. */
export function play(world: World, judge: typeof decide = decide): Told {
  const model = new Model(world, judge);
  for (let step = 0; step < STEPS; step++) model.step(new Date(START.getTime() + step * STEP_MS));
  return model.told();
}

class Model {
  readonly #drones = new Map<string, ModelDrone>();
  readonly #history = new Map<string, HealingAction[]>();
  readonly #requests = new Map<string, RebootRequest>();
  readonly #rebooted = new Set<string>();
  readonly #deeds: Deed[] = [];
  readonly #decisions: Told['decisions'][number][] = [];
  #mostReboots = 0;
  #thrown = 0;
  #made = 0;

  constructor(
    private readonly world: World,
    private readonly judge: typeof decide,
  ) {
    for (const [index, host] of world.hosts.entries()) {
      const name = `drone-${index}`;
      const isSound = host.nature === 'sound';
      const drone = droneIn(
        name,
        START,
        isSound ? 'online' : host.nature.startsWith('runaway') ? 'grounded' : 'offline',
      );
      this.#drones.set(name, { host, drone, boot: 1, sickSince: isSound ? null : START });
      this.#history.set(name, []);
    }
  }

  told(): Told {
    return {
      ...{ deeds: this.#deeds, decisions: this.#decisions, history: this.#history },
      ...{ drones: this.#drones, mostReboots: this.#mostReboots },
    };
  }

  step(now: Date): void {
    for (const name of this.#drones.keys()) this.#live(name, now);
    this.#answer(now);
    for (const [name, { drone, host }] of this.#drones) {
      const decision = this.judge({
        drone,
        host: host.isInBook ? pageOf(name, host) : undefined,
        history: this.#history.get(name) ?? [],
        request: this.#requests.get(name),
        fleet: { drones: this.#drones.size, reboots: this.#reboots() },
        policy,
        now,
      });
      this.#decisions.push({ at: now, drone, decision });
      this.#carryOut(name, decision, now);
      const open = this.#reboots().filter(({ end }) => end === null).length;
      this.#mostReboots = Math.max(this.#mostReboots, open);
    }
  }

  #dice(): number {
    this.#thrown += 1;
    return this.world.dice[this.#thrown % this.world.dice.length] ?? 0;
  }

  #reboots(): HealingAction[] {
    return [...this.#history.entries()].flatMap(([drone, actions]) =>
      this.#rebooted.has(drone) ? actions.filter(({ kind }) => kind === 'reboot') : [],
    );
  }

  #set(name: string, change: Partial<ModelDrone>): void {
    const known = this.#drones.get(name);
    if (known) this.#drones.set(name, { ...known, ...change });
  }

  /** What the drone does by itself. */
  #live(name: string, now: Date): void {
    const known = this.#drones.get(name);
    if (!known) return;
    const { drone, sickSince, host } = known;
    if (drone.state === 'offline') {
      if (sickSince === null) this.#set(name, { drone: droneIn(name, now, 'online') });
      return;
    }
    if (drone.state === 'online') {
      if (host.nature === 'comes-and-goes' && this.#dice() < 40) {
        this.#set(name, { drone: droneIn(name, before(now), 'offline'), sickSince: now });
      } else this.#set(name, { drone: droneIn(name, now, 'online') });
      return;
    }
    const { grounding } = drone;
    if (drone.state === 'grounded' && grounding?.until && grounding.until <= now) {
      this.#set(name, { drone: { ...drone, state: 'probation', lastSign: signAt(now) } });
    } else if (drone.state === 'probation') {
      const times = (grounding?.times ?? 0) + 1;
      const again = droneIn(name, now, 'grounded', times);
      this.#set(name, { drone: sickSince === null ? droneIn(name, now, 'online') : again });
    } else this.#set(name, { drone: { ...drone, lastSign: signAt(now) } });
  }

  #answer(now: Date): void {
    const { answersAfterMs, consentMs } = this.world;
    if (answersAfterMs === null) return;
    for (const [name, request] of this.#requests) {
      const waitedMs = now.getTime() - request.askedAt.getTime();
      if (request.consent || waitedMs < answersAfterMs) continue;
      const consent = { by: 'anna', at: now, until: new Date(now.getTime() + consentMs) };
      this.#requests.set(name, { ...request, consent });
    }
  }

  #carryOut(name: string, decision: Decision, now: Date): void {
    const known = this.#drones.get(name);
    if (!known) return;
    switch (decision.kind) {
      case 'nothing':
        return;
      case 'close':
        this.#add(known, 'recovered', now, { end: endOf('done', now, null) });
        return;
      case 'ask':
        this.#requests.set(name, { ...{ id: name, drone: name, askedAt: now }, reason: '', consent: null });
        return;
      case 'withdraw':
        this.#requests.delete(name);
        return;
      case 'probe':
        this.#add(known, 'probe', now, { end: endOf('done', now, this.#found(known)) });
        return;
      case 'page':
        this.#add(known, 'page', now, {
          cause: decision.cause,
          end: endOf(this.#dice() < 10 ? 'failed' : 'done', now, null),
        });
        return;
      case 'settle':
        this.#settle(known, decision.action, now);
        return;
      case 'restart':
      case 'reboot':
        this.#act(known, decision, now);
    }
  }

  #settle(known: ModelDrone, action: HealingAction, now: Date): void {
    const found = this.#found(known);
    const boot = found === 'agent-up' || found === 'agent-down' ? String(known.boot) : null;
    const end = settle(action, { found, detail: found, output: '', boot }, policy, now);
    if (end) this.#end(known.drone.name, action.id, end);
  }

  #act(known: ModelDrone, decision: Extract<Decision, { kind: 'restart' | 'reboot' }>, now: Date): void {
    const { name } = known.drone;
    const isReboot = decision.kind === 'reboot';
    const confirmed = this.#requests.get(name)?.consent;
    const isAllowed = !isReboot || known.host.mayReboot || (confirmed ? now < confirmed.until : false);
    if (isReboot) this.#requests.delete(name);
    const id = this.#add(known, decision.kind, now, { fault: decision.fault });
    if (this.#dice() < this.world.crashes) return;
    const found = this.#found(known);
    if (!findings[found].answers) {
      this.#end(name, id, endOf(findings[found].isIdentityWrong ? 'refused' : 'failed', now, found));
      return;
    }
    this.#does(known, { id, kind: decision.kind, isAllowed }, now);
  }

  /** The host does what it is told. */
  #does(
    known: ModelDrone,
    { id, kind, isAllowed }: { readonly id: string } & Pick<Deed, 'kind' | 'isAllowed'>,
    now: Date,
  ): void {
    const { name } = known.drone;
    const isReboot = kind === 'reboot';
    if (isReboot) this.#change(name, id, { bootBefore: String(known.boot) });
    this.#deeds.push({ at: now, drone: name, kind, isAllowed });
    const helps = known.host.nature.endsWith(`helped-by-${kind}`) || known.host.nature === 'comes-and-goes';
    const isRebooted = isReboot && known.host.nature !== 'reboot-does-nothing';
    this.#set(name, {
      ...(helps && { sickSince: null }),
      ...(isRebooted && { boot: known.boot + 1 }),
    });
    // The result of a reboot is seen by a later look; that of a restart, unless the healer is killed first.
    if (!isReboot && this.#dice() >= this.world.crashes) this.#end(name, id, endOf('done', now, 'agent-up'));
  }

  #found({ host, sickSince }: ModelDrone): Found {
    if (host.nature === 'unreachable') return 'unreachable';
    if (host.nature === 'impostor') return this.#dice() < 50 ? 'wrong-machine' : 'wrong-key';
    if (host.nature === 'flaky-network' && this.#dice() < 60) return 'unreachable';
    return sickSince === null || host.nature.startsWith('runaway') ? 'agent-up' : 'agent-down';
  }

  #add(
    { drone }: ModelDrone,
    kind: HealingAction['kind'],
    begunAt: Date,
    given: Partial<HealingAction>,
  ): string {
    this.#made += 1;
    if (kind === 'reboot') this.#rebooted.add(drone.name);
    const id = `action-${this.#made}`;
    const none = { fault: null, cause: null, bootBefore: null, end: null };
    const groundings = drone.grounding?.times ?? 0;
    this.#history
      .get(drone.name)
      ?.push({ ...{ id, drone: drone.name, kind, begunAt, reason: '', groundings }, ...none, ...given });
    return id;
  }

  #end(name: string, id: string, end: ActionEnd): void {
    this.#change(name, id, { end });
  }

  #change(name: string, id: string, change: Partial<HealingAction>): void {
    const history = this.#history.get(name) ?? [];
    const index = history.findLastIndex((action) => action.id === id);
    const known = history[index];
    if (known) history[index] = { ...known, ...change };
  }
}

export function endOf(state: ActionEnd['state'], at: Date, found: Found | null): ActionEnd {
  return { state, at, found, detail: found ?? '', output: '' };
}

function before(now: Date): Date {
  return new Date(now.getTime() - policy.offlineAfterMs);
}

export function signAt(at: Date, draining = false): Drone['lastSign'] {
  return {
    ...{ incarnation: 'i', sequence: 1, at, attempts: [], draining },
    ...{ load1: 0, freeDiskBytes: 0, freeMemoryBytes: 0 },
  };
}

/** A drone as the ledger has it; `at` is its last sign of life. */
export function droneIn(name: string, at: Date, state: DroneState, groundings = 1): Drone {
  const until = new Date(at.getTime() + Math.min(GROUNDED_MS * 2 ** (groundings - 1), 3_600_000));
  return {
    name,
    state,
    reason: 'so it is',
    incarnation: 'i',
    enrolledAt: START,
    capabilities: {
      ...{ profile: 'lab', executor: 'portage', slots: 1, cores: 1 },
      ...{ memoryBytes: 1, portageVersion: '' },
    },
    lastSign: signAt(at),
    grounding: state === 'grounded' || state === 'probation' ? { until, times: groundings } : null,
    badUpload: null,
    drain: null,
  };
}

export function pageOf(drone: string, host: Partial<ModelHost> = {}): DroneHost {
  const { kind = 'lxc', isProtected = false, mayReboot = false } = host;
  return {
    ...{ drone, kind, address: '127.0.0.1', port: 22, user: 'root', init: 'openrc' },
    ...{ hostKeys: [{ type: 'ssh-ed25519', base64: 'AAAA' }], machineId: 'f'.repeat(32) },
    ...{ isProtected: isProtected || hostKinds[kind].isProtected, mayReboot, since: START, by: 'anna' },
  };
}

/** An action of drone-1, so many seconds after the start. */
export function actionAt(
  seconds: number,
  kind: ActionKind,
  given: Partial<HealingAction> = {},
): HealingAction {
  const at = new Date(START.getTime() + seconds * 1_000);
  return {
    ...{ id: `${kind}-${seconds}`, drone: 'drone-1', kind, begunAt: at, reason: '', fault: 'agent-down' },
    ...{ groundings: 0, cause: null, bootBefore: null, end: endOf('done', at, null) },
    ...given,
  };
}
