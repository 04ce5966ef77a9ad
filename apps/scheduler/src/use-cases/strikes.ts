import { outgoing } from '@swarm/contracts';
import { excusable, isStruckOut, type Verdict } from '@swarm/domain-blame';
import {
  isOver,
  moveDrone,
  uploadFailed,
  type Drone,
  type DroneEvent,
  type Strike,
} from '@swarm/domain-drone';
import { isOpen, type Attempt, type AttemptId, type JobId } from '@swarm/domain-job';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { MoveJob } from './move-job.js';

type Ports = Pick<
  SchedulerPorts,
  'jobs' | 'plans' | 'drones' | 'strikes' | 'clock' | 'entropy' | 'log' | 'policy'
>;

/** Writers that are first are rare; losing this often in a row is a fault. */
const MAX_CONTENTIONS = 8;

/**
 * What failures and successes mean for the drone: strikes, and what they lead to. Every step may be taken twice: a
 * strike is one of its attempt, and what a grounding brings about is done by rounds, from what the ledger says.
 */
export class Strikes {
  /** Strikes that count, by drone; this service is the only writer. Undefined until read, and after a failed write. */
  #standing: Map<string, readonly Strike[]> | undefined;

  constructor(
    private readonly ports: Ports,
    private readonly move: MoveJob,
  ) {}

  /** An attempt failed, and was judged. */
  async failed(attempt: Attempt, verdict: Verdict): Promise<void> {
    if (verdict.takenBack.length > 0) await this.#end(verdict.takenBack, 'taken-back');
    if (verdict.blame === 'path') return this.#uploadFailed(attempt.drone);
    if (!verdict.strikes) return;
    await this.#add({
      attemptId: attempt.id,
      drone: attempt.drone,
      jobId: attempt.jobId,
      class: attempt.failureClass ?? 'unknown',
      at: this.ports.clock.now(),
      counted: verdict.counts,
      ended: null,
    });
    const streak = (await this.#streaks()).get(attempt.drone) ?? [];
    const drone = await this.ports.drones.find(attempt.drone);
    if (!drone || streak.length === 0) return;
    if (drone.value.grounding !== null) {
      await this.#moveDrone(attempt.drone, { type: 'canary-failed' }, `its canary failed: ${verdict.reason}`);
    } else if (isStruckOut(streak, this.ports.policy.grounding.strikes)) {
      const reason = `${streak.length} failures in a row, last: ${verdict.reason}`;
      await this.#moveDrone(attempt.drone, { type: 'struck-out' }, reason);
    }
  }

  /** The drone built something, and its artifact came through. */
  async succeeded(name: string): Promise<void> {
    const streak = (await this.#streaks()).get(name) ?? [];
    const drone = (await this.ports.drones.find(name))?.value;
    // What it built before it was grounded says nothing of what grounded it.
    if (!drone || drone.state === 'grounded') return;
    if (streak.length > 0) {
      const ids = streak.map(({ attemptId }) => attemptId);
      await this.#end(ids, 'success');
    }
    if (drone.badUpload !== null) await this.#change(name, (now) => ({ ...now, badUpload: null }));
    if (drone.grounding !== null) {
      await this.#moveDrone(name, { type: 'canary-succeeded' }, 'its canary was built');
    }
  }

  /** Carries out what grounded drones bring about, and ends groundings whose time is over. True when anything moved. */
  async settle(): Promise<boolean> {
    let moved = false;
    for (const { value: drone } of await this.ports.drones.all()) {
      if (drone.state !== 'grounded') continue;
      const excused = await this.#excuse(drone.name);
      const taken = await this.#takeWork(drone);
      moved = excused || taken || moved;
      if (isOver(drone.grounding, this.ports.clock.now())) {
        const event: DroneEvent = { type: 'grounding-ended' };
        moved = (await this.#moveDrone(drone.name, event, 'one job first, then work as before')) || moved;
      }
    }
    return moved;
  }

  /** The failures of a grounded drone no longer count against the packages (S2). */
  async #excuse(name: string): Promise<boolean> {
    const streak = (await this.#streaks()).get(name) ?? [];
    if (streak.length === 0) return false;
    const past = (
      await Promise.all(
        [...new Set(streak.map(({ jobId }) => jobId))].map((id) => this.ports.strikes.ofJob(id)),
      )
    ).flat();
    for (const strike of excusable(streak, past)) await this.#excuseOne(strike);
    const ids = streak.map(({ attemptId }) => attemptId);
    await this.#end(ids, 'grounded');
    return true;
  }

  /** Stored with its attempt, which is shown as reclaimed from then on, so that it is done once. */
  async #excuseOne({ attemptId, jobId, drone }: Strike): Promise<void> {
    const attempt = await this.ports.jobs.findAttempt(attemptId as AttemptId);
    const job = await this.move.find(jobId as JobId);
    if (attempt?.state !== 'failed' || !job) return;
    const plan = (await this.ports.plans.find(job.spec.planId))?.value;
    // No round looks at a plan that is over: the next plan builds it, since it is not in quarantine any more.
    const isLeft = job.state === 'quarantined' && plan?.state !== 'building';
    const reason = `${drone} was grounded: attempt ${attempt.number} does not count`;
    await this.move.execute(job.id, isLeft ? { type: 'superseded' } : { type: 'failure-excused', drone }, {
      reason,
      attempt: () => ({ ...attempt, state: 'reclaimed' }),
    });
  }

  /** Its work goes back to needed at once, and costs those jobs nothing (rung 1). */
  async #takeWork({ name, reason: why }: Drone): Promise<boolean> {
    const open = (await this.ports.jobs.openAttempts()).filter(({ drone }) => drone === name);
    for (const { jobId, number } of open) {
      const reason = `${name} is grounded: ${why}`;
      await this.move.execute(
        jobId,
        { type: 'attempt-reclaimed', attempt: number, reason, excused: true },
        { reason },
      );
    }
    return open.length > 0;
  }

  #uploadFailed(name: string): Promise<void> {
    const { policy, clock } = this.ports;
    return this.#change(name, (drone) =>
      uploadFailed(drone, { now: clock.now(), policy: policy.grounding }),
    ).then(() => undefined);
  }

  async #moveDrone(name: string, event: DroneEvent, reason: string): Promise<boolean> {
    const { policy, clock } = this.ports;
    const moved = await this.#change(name, (drone) =>
      moveDrone(drone, event, { now: clock.now(), policy: policy.grounding, reason }),
    );
    if (moved) this.ports.log.warn({ drone: name, event: event.type, reason }, 'drone moved');
    return moved;
  }

  /** One row update under a revision; the decision is made again when another writer was first. */
  async #change(name: string, decide: (drone: Drone) => Drone | undefined): Promise<boolean> {
    for (let tries = 0; tries < MAX_CONTENTIONS; tries += 1) {
      const found = await this.ports.drones.find(name);
      const after = found && decide(found.value);
      if (!found || !after) return false;
      const saved = await this.ports.drones.save(after, found.revision, this.#news(found.value, after));
      if (saved === 'saved') return true;
    }
    throw new Error(`drone ${name} was changed by others ${MAX_CONTENTIONS} times in a row`);
  }

  #news(before: Drone, after: Drone): ReturnType<typeof outgoing>[] {
    if (before.state === after.state) return [];
    const id = this.ports.entropy.id();
    const at = this.ports.clock.now().toISOString();
    const { name: drone, reason } = after;
    return [outgoing('DroneMoved', id, { id, at, drone, from: before.state, to: after.state, reason })];
  }

  async #streaks(): Promise<ReadonlyMap<string, readonly Strike[]>> {
    if (this.#standing) return this.#standing;
    const standing = new Map<string, Strike[]>();
    for (const strike of await this.ports.strikes.standing()) {
      standing.set(strike.drone, [...(standing.get(strike.drone) ?? []), strike]);
    }
    return (this.#standing = standing);
  }

  async #add(strike: Strike): Promise<void> {
    this.#standing = undefined;
    await this.ports.strikes.add(strike);
  }

  async #end(attemptIds: readonly string[], how: NonNullable<Strike['ended']>): Promise<void> {
    this.#standing = undefined;
    await this.ports.strikes.end(attemptIds, how, this.ports.clock.now());
  }
}

/** True for an attempt whose failure is news of its drone: not of one that was taken from it, or cancelled (Q7). */
export function isNews({ state }: Attempt): boolean {
  return isOpen(state) || state === 'failed';
}
