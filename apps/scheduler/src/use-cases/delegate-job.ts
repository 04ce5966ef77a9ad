import { outgoing, type BuildWork } from '@swarm/contracts';
import type { Attempt, AttemptId, Job } from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import type { Artifact } from '@swarm/domain-release';
import type { Placement } from '@swarm/domain-scheduling';
import type { Outgoing } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import { configurationRef } from './configuration-ref.js';
import type { MoveJob } from './move-job.js';

/** What is known around a job: its plan, and what staging has. */
export interface DelegationContext {
  readonly plan: Pick<Plan, 'configuration'>;
  readonly published: ReadonlyMap<string, Artifact>;
}

type Ports = Pick<SchedulerPorts, 'clock' | 'entropy' | 'log' | 'policy' | 'binhostUrl'>;

/** Carries a placement out: job, attempt, upload token and assignment are stored together, or not at all. */
export class DelegateJob {
  constructor(
    private readonly ports: Ports,
    private readonly move: MoveJob,
  ) {}

  /** False when something was first: the job is no longer needed, or a dependency is not there (Q22). */
  async execute(
    job: Job,
    { drone, makeJobs }: Placement,
    { plan, published }: DelegationContext,
  ): Promise<boolean> {
    const dependencies = dependenciesOf(job, published);
    if (!dependencies) return false;
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
          this.#assignment(after, { plan, attemptId, drone, makeJobs, token, dependencies }),
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

  #assignment(
    { id, spec, attempt }: Job,
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
function dependenciesOf({ spec }: Job, published: ReadonlyMap<string, Artifact>): Dependency[] | undefined {
  const found = spec.needs.map(({ buildKey, root }) => ({ artifact: published.get(buildKey), root }));
  const dependencies = found.flatMap(({ artifact, root }) =>
    artifact?.path ? [{ cpv: artifact.cpv, sha256: artifact.sha256, root, path: artifact.path }] : [],
  );
  return dependencies.length === spec.needs.length ? dependencies : undefined;
}
