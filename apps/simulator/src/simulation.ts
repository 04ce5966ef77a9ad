import type { JobId, OpenJob } from '@swarm/domain-job';
import type { BoardChange, BoardJob } from '@swarm/domain-scheduling';

import { Agenda } from './agenda.js';
import type { Fault } from './faults.js';
import type { Bar, History, SimulationInput } from './history-of-swarm.js';
import { Invariants } from './invariants.js';
import { swarmRules } from './policies.js';
import { SchedulerCore, type Assignment } from './scheduler-core.js';
import { SimulatedDrone, type Run } from './simulated-drone.js';
import { droneOf, fateOf, jobOf, type Fate } from './swarm-values.js';
import type { WorldGraph, WorldJob } from './world.js';

type Happening =
  | { readonly kind: 'ends'; readonly run: Run; readonly version: number }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'over'; readonly fault: Fault }
  | { readonly kind: 'judged'; readonly drone: string }
  | { readonly kind: 'audited'; readonly drone: string }
  | { readonly kind: 'tick' };

/** A living drone that does not name an attempt for so long does not have it. */
const UNCLAIMED_AFTER_MS = 30_000;
/** Rounds are made at least this often while something is free and something is ready. */
const TICK_MS = 30_000;
/** A drone that lies fails within a second. */
const LIE_MS = 1000;
const START = new Date('2026-01-01T00:00:00Z').getTime();

/** Plays a swarm in virtual time: drones that build, die, lie and return, around the real decisions. */
export class Simulation {
  readonly core: SchedulerCore;
  readonly #agenda = new Agenda<Happening>();
  readonly #drones = new Map<string, SimulatedDrone>();
  readonly #jobs = new Map<string, { readonly plan: number; readonly of: WorldJob; readonly fate: Fate }>();
  readonly #bars: Bar[] = [];
  /** Needed jobs that are tried again later; some of them may have moved on. */
  readonly #delayed = new Set<BoardJob>();
  readonly #planEnds: number[];
  readonly #invariants: Invariants;
  #nowMs = 0;
  #events = 0;
  #builds = 0;
  #nextTick = -1;

  constructor(private readonly input: SimulationInput) {
    this.#planEnds = input.graphs.map(() => 0);
    this.core = new SchedulerCore(
      input.rules,
      input.beliefs,
      (changes) => {
        this.#onChanges(changes);
      },
      input.makeBoard,
    );
    this.#invariants = new Invariants(
      this.core,
      (name) => this.#drones.get(name)?.runs.size ?? 0,
      swarmRules.retry,
    );
    for (const spec of input.fleet) {
      this.#drones.set(spec.name, new SimulatedDrone(spec));
      this.core.drones.set(spec.name, droneOf(spec, this.#now()));
    }
    for (const [plan, graph] of input.graphs.entries()) this.#addPlan(plan, graph);
    for (const fault of input.script.faults) this.#agenda.add(fault.atMs, { kind: 'fault', fault });
  }

  run(): History {
    this.#round();
    while (!this.#isOver() && this.#events < this.input.maxEvents) {
      const next = this.#agenda.pop();
      if (!next) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#events += 1;
      this.#happens(next.what);
      this.core.settle(this.#now());
      this.#round();
      if (this.#invariants.violations.length > 0) break;
    }
    const isComplete = this.#events < this.input.maxEvents && this.#invariants.violations.length === 0;
    this.#invariants.atTheEnd(this.#now(), isComplete);
    const count = (state: OpenJob['state']): number =>
      [...this.core.board.plans.values()].reduce((sum, lane) => sum + lane.count(state), 0);
    return {
      makespanMs: Math.max(0, ...this.#planEnds),
      planEndsMs: this.#planEnds,
      events: this.#events,
      bars: this.#bars,
      violations: this.#invariants.violations,
      published: count('published'),
      quarantined: count('quarantined'),
      blocked: count('blocked'),
      builds: this.#builds,
    };
  }

  #addPlan(plan: number, graph: WorldGraph): void {
    const { random, script } = this.input;
    const jobs = graph.map((of, position) => {
      const id = `${plan}:${position}` as JobId;
      this.#jobs.set(id, { plan, of, fate: fateOf(script, random) });
      return { job: jobOf(id, plan, of), revision: 1, waits: of.waits, since: this.#now() };
    });
    this.#onChanges(this.core.board.addPlan(String(plan), jobs, this.#now()));
  }

  #happens(what: Happening): void {
    switch (what.kind) {
      case 'ends':
        if (what.run.version === what.version) this.#ends(what.run);
        break;
      case 'fault':
        this.#begins(what.fault);
        break;
      case 'over':
        this.#isOverWith(what.fault);
        break;
      case 'judged': {
        const drone = this.#drones.get(what.drone);
        if (drone) this.core.judgeDrone(what.drone, this.#at(drone.lastSignMs(this.#nowMs)), this.#now());
        break;
      }
      case 'audited':
        this.#audit(what.drone);
        break;
      case 'tick':
        break;
    }
  }

  #round(): void {
    const zombies = (name: string): number => this.#drones.get(name)?.zombies(this.core.board) ?? 0;
    for (const assignment of this.core.round(this.#now(), zombies)) {
      this.#events += 1;
      this.#invariants.onAssigned(assignment);
      const drone = this.#drones.get(assignment.drone);
      if (drone?.isReachable === true) this.#start(drone, assignment);
      else drone?.undelivered.push(assignment);
    }
    this.#invariants.afterEvent();
    this.#wakeLater();
  }

  /** The next moment at which a decision may be another one though nothing happened. */
  #wakeLater(): void {
    const { board, drones } = this.core;
    const moments = [...drones.values()].map(({ grounding }) => this.#msOf(grounding?.until));
    for (const entry of this.#delayed) {
      const { job } = entry;
      const atMs = this.#msOf(job.state === 'needed' ? job.notBefore : null);
      if (atMs > this.#nowMs) moments.push(atMs);
      else this.#delayed.delete(entry);
    }
    const ready = [...board.plans.values()].reduce((sum, lane) => sum + lane.ready.size, 0);
    const isReady = ready > this.#delayed.size;
    const isFree = [...drones.keys()].some((name) => board.heldBy(name).size === 0);
    if (isReady && isFree) moments.push(this.#nowMs + TICK_MS);
    const next = Math.min(...moments.filter((atMs) => atMs > this.#nowMs));
    const isPending = this.#nextTick > this.#nowMs && this.#nextTick <= next;
    if (next === Infinity || isPending) return;
    this.#nextTick = next;
    this.#agenda.add(next, { kind: 'tick' });
  }

  #msOf(date: Date | null | undefined): number {
    return date ? date.getTime() - START : 0;
  }

  #start(drone: SimulatedDrone, assignment: Assignment): void {
    const known = this.#jobs.get(assignment.jobId);
    if (!known) return;
    const isFailing = this.#failureOf(assignment, known.fate);
    const leftMs = isFailing ? known.of.trueMs * this.input.random.next() : known.of.trueMs;
    const run = drone.start(assignment, { leftMs, fails: isFailing, nowMs: this.#nowMs });
    if (drone.lies) run.fails = 'compile';
    this.#expect(drone, run);
  }

  #failureOf({ number }: Assignment, fate: Fate): Run['fails'] {
    if (fate === 'broken' || (fate === 'flaky' && number === 1)) return 'compile';
    return this.input.random.next() < this.input.script.transient ? 'fetch' : null;
  }

  #expect(drone: SimulatedDrone, run: Run): void {
    run.version += 1;
    const inMs = drone.lies ? LIE_MS : run.leftMs / drone.speed;
    this.#agenda.add(this.#nowMs + inMs, { kind: 'ends', run, version: run.version });
  }

  #ends(run: Run): void {
    const drone = this.#drones.get(run.assignment.drone);
    if (!drone?.runs.has(run)) return;
    drone.runs.delete(run);
    const isBuilt = run.fails === null;
    this.#bar(run, isBuilt ? 'built' : 'failed');
    if (isBuilt) this.#builds += 1;
    if (drone.isReachable) this.#report(run);
    else drone.unreported.push(run);
  }

  #report({ assignment, fails }: Run): void {
    const { jobId, drone } = assignment;
    if (fails === null) this.#invariants.onArtifact(jobId, this.core.built(jobId, drone, this.#now()));
    else this.core.failed(assignment, fails, this.#now());
  }

  #begins(fault: Fault): void {
    const drone = this.#drones.get(fault.drone);
    if (drone?.begin(fault.kind) !== true) return;
    this.#agenda.add(this.#nowMs + fault.forMs, { kind: 'over', fault });
    switch (fault.kind) {
      case 'dies':
        for (const run of drone.runs) this.#bar(run, 'lost');
        drone.runs.clear();
        drone.unreported.length = 0;
        this.#wentSilent(drone);
        break;
      case 'partition':
        this.#wentSilent(drone);
        break;
      case 'slows':
        this.#changePace(drone, () => {
          drone.slowness = fault.factor;
        });
        break;
      case 'lies':
        this.#changePace(drone, () => {
          drone.lies = true;
          for (const run of drone.runs) run.fails = 'compile';
        });
        break;
    }
  }

  #isOverWith(fault: Fault): void {
    const drone = this.#drones.get(fault.drone);
    if (!drone) return;
    drone.end(fault.kind);
    if (fault.kind === 'slows' || fault.kind === 'lies') {
      this.#changePace(drone, () => {
        drone.slowness = 1;
        drone.lies = false;
      });
      return;
    }
    drone.silentSinceMs = null;
    for (const run of drone.unreported.splice(0)) this.#report(run);
    // A message that waited for the drone is still there; what has moved on since is refused by its number.
    for (const assignment of drone.undelivered.splice(0)) {
      const job = this.core.board.find(assignment.jobId)?.job;
      const isCurrent = job?.state === 'delegated' && job.attemptId === assignment.attemptId;
      if (isCurrent) this.#start(drone, assignment);
    }
    this.#agenda.add(this.#nowMs, { kind: 'judged', drone: drone.spec.name });
    this.#agenda.add(this.#nowMs + UNCLAIMED_AFTER_MS, { kind: 'audited', drone: drone.spec.name });
  }

  #wentSilent(drone: SimulatedDrone): void {
    drone.silentSinceMs = this.#nowMs;
    const { suspectAfterMs, offlineAfterMs, reclaimAfterMs } = this.input.rules.liveness;
    for (const afterMs of [suspectAfterMs, offlineAfterMs, reclaimAfterMs]) {
      this.#agenda.add(this.#nowMs + afterMs, { kind: 'judged', drone: drone.spec.name });
    }
  }

  #changePace(drone: SimulatedDrone, change: () => void): void {
    drone.advance(this.#nowMs);
    change();
    for (const run of drone.runs) this.#expect(drone, run);
  }

  /** What a living drone does not name, it does not have (S3). */
  #audit(name: string): void {
    const drone = this.#drones.get(name);
    if (drone?.isReachable !== true) return;
    const held = new Set([...drone.runs].map(({ assignment }) => assignment.attemptId));
    for (const { job } of [...this.core.board.heldBy(name)]) {
      if (job.state !== 'delegated' || held.has(job.attemptId)) continue;
      this.core.reclaim(job.id, job.attempt, `${name} does not hold it`, this.#now());
    }
  }

  #onChanges(changes: readonly BoardChange[]): void {
    this.#invariants.onChanges(changes);
    for (const { entry, endedAttempts, after } of changes) {
      if (after.state === 'needed' && after.notBefore !== null) this.#delayed.add(entry);
      for (const id of endedAttempts) this.#cancel(id, after);
      const lane = this.core.board.plans.get(entry.plan);
      if (lane?.isSettled === true) this.#planEnds[Number(entry.plan)] = this.#nowMs;
    }
  }

  /** The successor of an attempt whose artifact came after all may stop; so may what was taken back, if it hears. */
  #cancel(attemptId: string, after: OpenJob): void {
    if (after.state !== 'received') return;
    for (const drone of this.#drones.values()) {
      for (const run of drone.runs) {
        if (run.assignment.attemptId !== attemptId || !drone.isReachable) continue;
        drone.runs.delete(run);
        this.#bar(run, 'lost');
      }
    }
  }

  #bar({ assignment, startedMs }: Run, outcome: Bar['outcome']): void {
    const known = this.#jobs.get(assignment.jobId);
    if (!known) return;
    const [startMs, endMs] = [startedMs, this.#nowMs];
    this.#bars.push({
      ...{ drone: assignment.drone, cpv: known.of.cpv, plan: known.plan, startMs, endMs, outcome },
    });
  }

  #isOver(): boolean {
    return [...this.core.board.plans.values()].every(({ isSettled }) => isSettled);
  }

  #now(): Date {
    return this.#at(this.#nowMs);
  }

  #at(ms: number): Date {
    return new Date(START + ms);
  }
}
