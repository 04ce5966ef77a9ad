import type { Plan } from '@swarm/domain-plan';
import {
  nextInTurn,
  planEvent,
  releaseEvent,
  releaseLook,
  runAfter,
  type RunEvent,
  type ScheduleRun,
} from '@swarm/domain-schedule';
import type { Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { CancelPlan } from './cancel-plan.js';
import { runEnded, runStarted } from './new-run.js';
import { planOfRun } from './plan-of-run.js';

/** Steps that one run may take in one round; there are fewer in the table. */
const MAX_STEPS = 10;

type Ports = Pick<
  SchedulerPorts,
  'schedules' | 'plans' | 'profiles' | 'artifacts' | 'generations' | 'clock' | 'entropy' | 'log'
>;

/**
 * Takes every open run as far as it can go: sync → resolve → build → verify → promote → notify. Each step is stored
 * before the next begins and may be repeated, so a scheduler that starts anew goes on where the last one was (S1, Q3).
 */
export class AdvanceRuns {
  constructor(
    private readonly ports: Ports,
    private readonly cancelPlan: Pick<CancelPlan, 'execute'>,
  ) {}

  async execute(): Promise<void> {
    const { schedules, log } = this.ports;
    const open = await schedules.openRuns();
    if (open.length === 0) return;
    const names = new Set((await schedules.all()).map(({ value }) => value.name));
    const inTurn = new Set(nextInTurn(open.map(({ value }) => value)).map(({ id }) => id));
    for (const run of open) {
      const { id, schedule, state } = run.value;
      try {
        if (state !== 'queued') await this.one(run);
        else if (!names.has(schedule)) {
          await this.#take(run, { type: 'closed', outcome: 'cancelled', detail: 'its schedule was removed' });
        } else if (inTurn.has(id)) await this.#begin(run);
      } catch (error) {
        // One run that fails here must not hold up the others; the next round tries it again.
        log.error(
          { runId: id, schedule, error: error instanceof Error ? error.message : error },
          'run not advanced',
        );
      }
    }
  }

  /** Takes one run as far as it can go, and says how far that is. */
  async one(run: Versioned<ScheduleRun>): Promise<ScheduleRun> {
    let current = run;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const event = await this.#next(current.value);
      if (!event) break;
      const taken = await this.#take(current, event);
      if (!taken) break;
      current = taken;
    }
    return current.value;
  }

  /** A run that waited begins: STARTED is stored with it. */
  async #begin(run: Versioned<ScheduleRun>): Promise<void> {
    const taken = await this.#take(run, { type: 'started' });
    if (taken) await this.one(taken);
  }

  /** Stores what an event makes of a run; undefined where another writer was first. */
  async #take(
    { value, revision }: Versioned<ScheduleRun>,
    event: RunEvent,
  ): Promise<Versioned<ScheduleRun> | undefined> {
    const now = this.ports.clock.now();
    const after = runAfter(value, event, now);
    if (!after.ok) {
      this.ports.log.error({ runId: value.id, ...after.error }, 'a run refused an event');
      return undefined;
    }
    const run = after.value;
    const outgoing =
      event.type === 'started'
        ? [runStarted(run, now)]
        : event.type === 'notified'
          ? [runEnded(run, now)]
          : [];
    const saved = await this.ports.schedules.saveRun(run, revision, outgoing);
    if (saved === 'conflict') return undefined;
    const { id, schedule, state, outcome, detail } = run;
    this.ports.log.info({ runId: id, schedule, state, outcome, detail }, 'run moved');
    return { value: run, revision: revision + 1 };
  }

  async #next(run: ScheduleRun): Promise<RunEvent | undefined> {
    switch (run.state) {
      case 'queued':
      case 'ended':
        return undefined;
      case 'syncing':
        return this.#sync(run);
      case 'resolving':
        return this.#resolve(run);
      case 'building': {
        const plan = await this.#planOf(run);
        return plan ? planEvent(run, plan) : planIsGone();
      }
      case 'verifying':
      case 'promoting':
        return this.#release(run);
      case 'notifying':
        return this.#notify(run);
    }
  }

  /** Names the version of the profile that everything after is made with. */
  async #sync({ profile: name, targets }: ScheduleRun): Promise<RunEvent> {
    const profile = await this.ports.profiles.find(name);
    if (!profile) return failed(`there is no profile "${name}"`);
    if (targets.length === 0 && profile.targets.length === 0) {
      return failed(`profile "${name}" has no targets of its own, and the run names none`);
    }
    const current = await this.ports.profiles.current(name);
    return { type: 'synced', configuration: current?.digest ?? null };
  }

  /** The plan of a run has its id, so that it can be made only once. */
  async #resolve(run: ScheduleRun): Promise<RunEvent | undefined> {
    const plan = await this.#planOf(run);
    if (plan) return run.planId === null ? { type: 'planned', planId: plan.id } : planEvent(run, plan);
    if (run.planId !== null) return planIsGone();
    const profile = await this.ports.profiles.find(run.profile);
    if (!profile) return failed(`there is no profile "${run.profile}"`);
    const { plan: made, outgoing } = planOfRun(run, profile, this.ports);
    await this.ports.plans.create(made, outgoing);
    this.ports.log.info({ planId: made.id, profile: made.profile, targets: made.targets }, 'plan made');
    return { type: 'planned', planId: made.id };
  }

  async #release(run: ScheduleRun): Promise<RunEvent | undefined> {
    const plan = await this.#planOf(run);
    if (!plan) return planIsGone();
    const { artifacts, generations, clock } = this.ports;
    const keys = plan.members.map(({ buildKey }) => buildKey);
    const members = (await artifacts.staged(plan.profile, keys)).map(({ sha256 }) => sha256);
    const look = releaseLook(plan, { members, generations: await generations.of(plan.profile) });
    return releaseEvent(run, plan, look, clock.now());
  }

  async #notify({ id, planId, outcome, detail }: ScheduleRun): Promise<RunEvent | undefined> {
    const isUnwanted = outcome === 'replaced' || outcome === 'cancelled';
    if (isUnwanted && !(await this.cancelPlan.execute(planId ?? id, detail))) return undefined;
    return { type: 'notified' };
  }

  async #planOf({ id, planId, state }: ScheduleRun): Promise<Plan | undefined> {
    if (planId === null && state !== 'resolving') return undefined;
    return (await this.ports.plans.find(planId ?? id))?.value;
  }
}

function failed(detail: string): RunEvent {
  return { type: 'closed', outcome: 'failed', detail };
}

function planIsGone(): RunEvent {
  return failed('its plan is no longer in the ledger');
}
