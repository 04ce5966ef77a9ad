import { outgoing, type BuildWork } from '@swarm/contracts';
import type { Attempt, AttemptId, Job } from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import type { StagedArtifact } from '@swarm/domain-release';
import type { Placement } from '@swarm/domain-scheduling';
import type { Outgoing } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import { configurationRef } from './configuration-ref.js';
import type { MoveJob } from './move-job.js';

/** What is known around a job: its plan, and what the staging index has, by build key. */
export interface DelegationContext {
  readonly plan: Pick<Plan, 'configuration'>;
  readonly staged: ReadonlyMap<string, StagedArtifact>;
}

type Ports = Pick<SchedulerPorts, 'clock' | 'entropy' | 'log' | 'policy' | 'binhostUrl'>;

/** Carries a placement out: job, attempt, upload token and assignment are stored together, or not at all. */
export class DelegateJob {
  constructor(
    private readonly ports: Ports,
    private readonly move: MoveJob,
  ) {}

  /**
   * False when something was first: the job is no longer needed. Without all that it needs it is given to nobody (Q22):
   * what was there when it was planned is gone, and only another plan can see to that, so this one names it and ends.
   */
  async execute(
    job: Job,
    { drone, makeJobs }: Placement,
    { plan, staged }: DelegationContext,
  ): Promise<boolean> {
    const dependencies = dependenciesOf(job, staged);
    if (!dependencies) return this.#supersede(job, staged);
    const attemptId = this.ports.entropy.id() as AttemptId;
    const token = this.ports.entropy.token();
    const moved = await this.move.execute(
      job.id,
      { type: 'delegated', attemptId, drone },
      {
        reason: `given to ${drone}`,
        attempt: (after): Attempt => ({
          id: attemptId,
          jobId: job.id,
          number: after.attempt,
          drone,
          state: 'offered',
          tokenSha256: this.ports.entropy.sha256(token),
          offeredAt: this.ports.clock.now(),
          startedAt: null,
          endedAt: null,
          failureClass: null,
          summary: null,
          logTail: null,
          measured: null,
        }),
        messages: (after) => [
          this.#assignment(job, after.attempt, { plan, attemptId, drone, makeJobs, token, dependencies }),
        ],
      },
    );
    if (moved.kind === 'moved') {
      this.ports.log.info(
        { jobId: job.id, cpv: job.spec.cpv, attempt: moved.job.attempt, drone },
        'job delegated',
      );
    }
    return moved.kind === 'moved';
  }

  async #supersede({ id, spec }: Job, staged: DelegationContext['staged']): Promise<false> {
    const gone = spec.needs.filter(({ buildKey }) => !staged.has(buildKey)).length;
    const reason = `${gone} of the ${spec.needs.length} binaries that it needs are no longer in the staging index: plan again`;
    await this.move.execute(id, { type: 'superseded' }, { reason });
    this.ports.log.error({ jobId: id, cpv: spec.cpv, gone }, 'a job lacks binaries that its plan counted on');
    return false;
  }

  #assignment(
    { id, spec }: Job,
    attempt: number,
    to: Pick<Placement, 'drone' | 'makeJobs'> & {
      readonly plan: DelegationContext['plan'];
      readonly attemptId: AttemptId;
      readonly token: string;
      readonly dependencies: NonNullable<ReturnType<typeof dependenciesOf>>;
    },
  ): Outgoing {
    const { binhostUrl, policy } = this.ports;
    return outgoing('WorkAssigned', to.attemptId, {
      drone: to.drone,
      attemptId: to.attemptId,
      attempt,
      profile: spec.profile,
      ...configurationRef(to.plan, binhostUrl),
      work: {
        kind: 'build',
        jobId: id,
        cpv: spec.cpv,
        slot: spec.slot,
        use: [...spec.use],
        repository: spec.repository,
        dependencies: to.dependencies,
        stagingUrl: `${binhostUrl}/staging/${spec.profile}`,
        uploadUrl: `${binhostUrl}/upload/${to.attemptId}`,
        uploadToken: to.token,
        makeJobs: to.makeJobs,
        timeoutMs: policy.buildTimeoutMs,
        silenceMs: policy.silenceMs,
        ...(spec.synthetic && { synthetic: spec.synthetic }),
      },
    });
  }
}

type Dependency = BuildWork['dependencies'][number];

/** What must be installed first, as the staging index has it; undefined when a part is not there (any more). */
function dependenciesOf({ spec }: Job, staged: DelegationContext['staged']): Dependency[] | undefined {
  const dependencies = spec.needs.flatMap(({ buildKey, root }): Dependency[] => {
    const found = staged.get(buildKey);
    return found ? [{ cpv: found.cpv, sha256: found.sha256, root, path: found.path }] : [];
  });
  return dependencies.length === spec.needs.length ? dependencies : undefined;
}
