import {
  consequencesOf,
  blameOf,
  failureClassOf,
  judge,
  type Failure,
  type Verdict,
} from '@swarm/domain-blame';
import type { Drone } from '@swarm/domain-drone';
import type { Attempt, OpenJob } from '@swarm/domain-job';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { MoveJob } from './move-job.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'drones' | 'clock' | 'policy'>;

/** Gathers what is known of a failure; `judge` decides whose fault it is and what follows. */
export class BlameFailure {
  constructor(
    private readonly ports: Ports,
    private readonly jobs: Pick<MoveJob, 'find'>,
  ) {}

  /** `failed` is the attempt as it ended; the ledger may have it so already, when the report comes again. */
  async execute(failed: Attempt): Promise<Verdict> {
    const job = await this.jobs.find(failed.jobId);
    const before = (await this.ports.jobs.attemptsOf(failed.jobId)).filter(
      ({ number, state }) => number < failed.number && state === 'failed',
    );
    const counting = before.filter(({ failureClass }) => isCounted(failureClass));
    return judge(
      {
        failure: failureOf(failed),
        // Those of before a release from quarantine count no more; the job knows how many do.
        earlier: counting
          .slice(counting.length - Math.min(counting.length, job?.failures ?? 0))
          .map(failureOf),
        passed: Math.min(job?.reclaims ?? 0, before.length - counting.length),
        others: await this.#others(failed, job),
        now: this.ports.clock.now(),
      },
      this.ports.policy,
    );
  }

  /** Drones that could say whether it is the package: they build for the same profile, and are here or soon back. */
  async #others({ drone: name }: Attempt, job: OpenJob | undefined): Promise<number> {
    const drones = (await this.ports.drones.all()).map(({ value }) => value);
    const own = drones.find((drone) => drone.name === name);
    const isWitness = ({ state, capabilities }: Drone): boolean =>
      (state === 'online' || state === 'suspect' || state === 'probation') &&
      capabilities.profile === (job?.spec.profile ?? own?.capabilities.profile) &&
      (own === undefined || capabilities.executor === own.capabilities.executor);
    return drones.filter((drone) => drone.name !== name && isWitness(drone)).length;
  }
}

function isCounted(failureClass: string | null): boolean {
  return consequencesOf[blameOf[failureClassOf(failureClass)]].counts;
}

function failureOf({ id, drone, failureClass, summary }: Attempt): Failure {
  return { attemptId: id, drone, class: failureClassOf(failureClass), summary: summary ?? 'no summary' };
}
