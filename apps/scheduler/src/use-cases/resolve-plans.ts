import { outgoing, type PlanDocument } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import type { Job, JobId, PlanId } from '@swarm/domain-job';
import { packageOf, parseCpv } from '@swarm/domain-ebuild';
import {
  directWaits,
  MAX_RESOLVE_ATTEMPTS,
  resolvePlan,
  type JobGraph,
  type Plan,
  type PlannedJob,
} from '@swarm/domain-plan';
import type { Outgoing, Saved, Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import { abiChanges } from './abi-changes.js';
import { configurationRef } from './configuration-ref.js';
import type { Refusals } from './refusals.js';

type Ports = Pick<
  SchedulerPorts,
  'plans' | 'jobs' | 'artifacts' | 'clock' | 'entropy' | 'log' | 'policy' | 'binhostUrl'
>;

/** From targets to jobs: hands a plan to a drone whose Portage resolves it, and takes the answer in. */
export class ResolvePlans {
  constructor(
    private readonly ports: Ports,
    private readonly refusals: Refusals,
  ) {}

  /**
   * Gives a plan that nobody resolves to a drone, unless it is paused (S19); takes it back from one that is lost or has
   * forgotten it.
   */
  async handOut(plan: Versioned<Plan>, drones: readonly Drone[], isHeld = false): Promise<void> {
    const { resolving } = plan.value;
    if (resolving !== null) {
      const lost = this.#whyLost(resolving, drones);
      if (lost !== undefined) await this.#giveUpOn(plan, lost);
      return;
    }
    if (isHeld) return;
    const { profile } = plan.value;
    const drone = drones.find(
      ({ name, state, capabilities }) =>
        state === 'online' &&
        capabilities.profile === profile &&
        this.refusals.of(name, profile) === undefined,
    );
    if (!drone) return;
    const now = this.ports.clock.now();
    const attempt = plan.value.resolveAttempt + 1;
    const attemptId = this.ports.entropy.id();
    await this.#save(
      plan,
      {
        resolveAttempt: attempt,
        resolving: { attemptId, attempt, drone: drone.name, since: now },
        detail: `${drone.name} resolves it`,
      },
      [
        outgoing('WorkAssigned', attemptId, {
          drone: drone.name,
          attemptId,
          attempt,
          profile: plan.value.profile,
          ...configurationRef(plan.value, this.ports.binhostUrl),
          work: { kind: 'resolve', planId: plan.value.id, targets: [...plan.value.targets] },
        }),
      ],
    );
  }

  /** The plan document came: jobs for all that is not built yet. */
  async accept(plan: Versioned<Plan>, document: PlanDocument): Promise<Saved> {
    const { value } = plan;
    const graph = await this.#graphOf(value, document);
    if (graph.jobs.length === 0 && graph.alreadyBuilt.length === 0) {
      const why = graph.findings.map(({ text }) => text).join('; ') || 'Portage found nothing to merge';
      return this.#end(plan, 'failed', why, { findings: graph.findings });
    }
    const quarantined = new Map(
      (await this.ports.jobs.quarantined(value.profile)).map((job) => [job.spec.buildKey, job]),
    );
    const waits = directWaits(graph.jobs);
    const jobs = graph.jobs.map((planned, position) =>
      this.#newJob(value, {
        ...{ planned, waits: waits[position] ?? [] },
        before: quarantined.get(planned.buildKey),
      }),
    );
    const [built, findings] = [graph.alreadyBuilt.length, graph.findings.length];
    const detail = `${jobs.length} to build, ${built} already built${findings > 0 ? `; findings: ${findings}` : ''}`;
    this.ports.log.info({ planId: value.id, jobs: jobs.length, built, findings }, 'plan resolved');
    return this.#save(
      plan,
      { state: 'building', resolving: null, members: graph.members, findings: graph.findings, detail },
      [],
      jobs,
    );
  }

  async #graphOf({ profile }: Plan, document: PlanDocument): Promise<JobGraph> {
    const names = document.packages.flatMap(({ cpv }) => {
      const parsed = parseCpv(cpv);
      return parsed.ok ? [packageOf(parsed.value.cpv)] : [];
    });
    const known = await this.ports.artifacts.builds(profile, [...new Set(names)]);
    const digest = (text: string): string => this.ports.entropy.sha256(text);
    return resolvePlan(document, { digest, known, abiChange: abiChanges(known) });
  }

  /** The drone could not resolve it: another try, or the end of the plan. */
  async failed(plan: Versioned<Plan>, why: string): Promise<Saved> {
    return this.#giveUpOn(plan, why);
  }

  /** The drone cannot, through nobody's fault: another one is asked, or the same one later (S17). */
  async refused(plan: Versioned<Plan>, drone: string, reason: string): Promise<Saved> {
    this.refusals.note(drone, plan.value.profile, reason);
    return this.#save(
      plan,
      { resolving: null, detail: `waits for a drone: ${drone} refused: ${reason}` },
      [],
    );
  }

  #whyLost(
    { drone: name, attemptId, since }: NonNullable<Plan['resolving']>,
    drones: readonly Drone[],
  ): string | undefined {
    const drone = drones.find((each) => each.name === name);
    if (!drone || drone.state === 'offline' || drone.state === 'retired') return `${name} is lost`;
    if (drone.state === 'grounded') return `${name} is grounded`;
    const age = drone.lastSign.at.getTime() - since.getTime();
    const holds = drone.lastSign.attempts.some((held) => held.attemptId === attemptId);
    return !holds && age > this.ports.policy.unclaimedAfterMs ? `${name} does not hold it` : undefined;
  }

  async #giveUpOn(plan: Versioned<Plan>, why: string): Promise<Saved> {
    if (plan.value.resolveAttempt >= MAX_RESOLVE_ATTEMPTS) {
      return this.#end(plan, 'failed', `not resolved after ${MAX_RESOLVE_ATTEMPTS} tries, last: ${why}`, {});
    }
    return this.#save(plan, { resolving: null, detail: `resolving failed and is tried again: ${why}` }, []);
  }

  async #end(plan: Versioned<Plan>, state: 'failed', detail: string, over: Partial<Plan>): Promise<Saved> {
    return this.#save(plan, { ...over, state, resolving: null, endedAt: this.ports.clock.now(), detail }, []);
  }

  async #save(
    { value, revision }: Versioned<Plan>,
    over: Partial<Plan>,
    messages: readonly Outgoing[],
    newJobs: readonly Job[] = [],
  ): Promise<Saved> {
    const plan = { ...value, ...over };
    const now = this.ports.clock.now();
    const id = this.ports.entropy.id();
    const moved = outgoing('PlanMoved', id, {
      id,
      at: now.toISOString(),
      planId: plan.id,
      profile: plan.profile,
      state: plan.state,
      detail: plan.detail,
    });
    return this.ports.plans.save({
      plan,
      expected: revision,
      newJobs,
      at: now,
      outgoing: [moved, ...messages],
    });
  }

  /** A package that is in quarantine with the very same inputs stays there: no input changed. */
  #newJob(
    plan: Plan,
    {
      planned,
      waits,
      before,
    }: {
      readonly planned: PlannedJob;
      readonly waits: readonly number[];
      readonly before: Job | undefined;
    },
  ): Job {
    const core = {
      id: this.ports.entropy.id() as JobId,
      spec: {
        planId: plan.id as PlanId,
        profile: plan.profile,
        cpv: planned.cpv,
        slot: planned.slot,
        use: planned.use,
        repository: planned.repository,
        buildKey: planned.buildKey,
        inputs: planned.inputs,
        bootstrap: planned.bootstrap,
        why: planned.why,
        needs: planned.needs,
        waits,
        criticalPath: planned.criticalPath,
        synthetic: planned.synthetic ?? null,
      },
      attempt: 0,
      failures: 0,
      reclaims: 0,
      failedOn: [],
    };
    return before?.state === 'quarantined'
      ? { ...core, state: 'quarantined', reason: before.reason }
      : { ...core, state: 'waiting' };
  }
}
