import { outgoing } from '@swarm/contracts';
import { strikeBook, type DroneMove, type Ending, type Verdict } from '@swarm/domain-blame';
import { moveDrone, uploadFailed, type Drone, type Strike } from '@swarm/domain-drone';
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
    const struck = {
      ...{ attemptId: attempt.id, drone: attempt.drone, jobId: attempt.jobId },
      ...{ class: attempt.failureClass ?? 'unknown', at: this.ports.clock.now() },
    };
    const { ended, added, isUploadBad } = strikeBook.failed(struck, verdict);
    if (ended) await this.#end(ended);
    if (isUploadBad) await this.#uploadFailed(attempt.drone);
    if (!added) return;
    await this.#add(added);
    const drone = (await this.ports.drones.find(attempt.drone))?.value;
    if (!drone) return;
    const streak = await this.#streakOf(drone.name);
    const move = strikeBook.struck(
      { drone, streak, because: verdict.reason },
      this.ports.policy.grounding.strikes,
    );
    if (move) await this.#moveDrone(drone.name, move);
  }

  /** The drone built something, and its artifact came through. */
  async succeeded(name: string): Promise<void> {
    const drone = (await this.ports.drones.find(name))?.value;
    if (!drone) return;
    const streak = await this.#streakOf(name);
    const { ended, isUploadGood, move } = strikeBook.succeeded({ drone, streak });
    if (ended) await this.#end(ended);
    if (isUploadGood) await this.#change(name, (now) => ({ ...now, badUpload: null }));
    if (move) await this.#moveDrone(name, move);
  }

  /** Carries out what grounded drones bring about, and ends groundings whose time is over. True when anything moved. */
  async settle(): Promise<boolean> {
    let moved = false;
    for (const { value: drone } of await this.ports.drones.all()) {
      if (drone.state !== 'grounded') continue;
      const excused = await this.#excuse(drone);
      const taken = await this.#takeWork(drone);
      moved = excused || taken || moved;
      const release = strikeBook.released(drone, this.ports.clock.now());
      if (release) moved = (await this.#moveDrone(drone.name, release)) || moved;
    }
    return moved;
  }

  /** The failures of a grounded drone no longer count against the packages (S2). */
  async #excuse(drone: Drone): Promise<boolean> {
    const streak = await this.#streakOf(drone.name);
    const jobs = [...new Set(streak.map(({ jobId }) => jobId))];
    const past = (await Promise.all(jobs.map((id) => this.ports.strikes.ofJob(id)))).flat();
    const { excused, ended } = strikeBook.grounded({ drone, streak, past });
    for (const strike of excused) await this.#excuseOne(strike);
    if (ended) await this.#end(ended);
    return ended !== null;
  }

  /** Stored with its attempt, which is shown as reclaimed from then on, so that it is done once. */
  async #excuseOne({ attemptId, jobId, drone }: Strike): Promise<void> {
    const attempt = await this.ports.jobs.findAttempt(attemptId as AttemptId);
    const job = await this.move.find(jobId as JobId);
    if (attempt?.state !== 'failed' || !job) return;
    const plan = (await this.ports.plans.find(job.spec.planId))?.value;
    const isPlanOpen = plan?.state === 'building';
    const { event, reason } = strikeBook.excused({ drone, number: attempt.number, job, isPlanOpen });
    await this.move.execute(job.id, event, {
      reason,
      attempt: () => ({ ...attempt, state: 'reclaimed' }),
    });
  }

  /** Its work goes back to needed at once, and costs those jobs nothing (rung 1). */
  async #takeWork(drone: Drone): Promise<boolean> {
    const open = (await this.ports.jobs.openAttempts()).filter((attempt) => attempt.drone === drone.name);
    for (const { jobId, number } of open) {
      const { event, reason } = strikeBook.takenFrom(drone, number);
      await this.move.execute(jobId, event, { reason });
    }
    return open.length > 0;
  }

  #uploadFailed(name: string): Promise<void> {
    const { policy, clock } = this.ports;
    return this.#change(name, (drone) =>
      uploadFailed(drone, { now: clock.now(), policy: policy.grounding }),
    ).then(() => undefined);
  }

  async #moveDrone(name: string, { event, reason }: DroneMove): Promise<boolean> {
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

  async #streakOf(drone: string): Promise<readonly Strike[]> {
    return (await this.#streaks()).get(drone) ?? [];
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

  async #end({ attemptIds, how }: Ending): Promise<void> {
    this.#standing = undefined;
    await this.ports.strikes.end(attemptIds, how, this.ports.clock.now());
  }
}

/** True for an attempt whose failure is news of its drone: not of one that was taken from it, or cancelled (Q7). */
export function isNews({ state }: Attempt): boolean {
  return isOpen(state) || state === 'failed';
}
