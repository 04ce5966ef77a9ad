import type { QuarantineAnswered, QuarantineAsked } from '@swarm/contracts';
import { packageOf } from '@swarm/domain-ebuild';
import type { Job, JobEvent, PlanId } from '@swarm/domain-job';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { MoveJob } from './move-job.js';

/** Behind each job that is let go there may be one of an older plan with the same inputs; more than this is a fault. */
const MAX_OLDER_PLANS = 1_000;

type Moved = QuarantineAnswered['moved'];

/** Puts packages into quarantine and lets them out, at a person's word; who and why stay in the history of each job. */
export class KeepQuarantine {
  constructor(
    private readonly ports: Pick<SchedulerPorts, 'jobs' | 'plans' | 'log'>,
    private readonly move: MoveJob,
  ) {}

  async execute(asked: QuarantineAsked): Promise<QuarantineAnswered> {
    const { requestId, action, profile, atom } = asked;
    const moved = await (action === 'release' ? this.#release(asked) : this.#add(asked));
    const nothing =
      action === 'release'
        ? `no package of ${profile} that is in quarantine is called ${atom}`
        : `no open plan of ${profile} has a package called ${atom} that is still to be built`;
    this.ports.log.info({ ...asked, moved: moved.length }, 'quarantine changed by hand');
    return { requestId, moved, reason: moved.length === 0 ? nothing : '' };
  }

  async #release(asked: QuarantineAsked): Promise<Moved> {
    const moved: Moved = [];
    // The ledger names the newest of each build; the ones before it come to light one after the other.
    for (let plans = 0; plans < MAX_OLDER_PLANS; plans += 1) {
      const found = (await this.ports.jobs.quarantined(asked.profile)).filter((job) =>
        isMeant(job, asked.atom),
      );
      const released = (await Promise.all(found.map((job) => this.#releaseOne(job, asked)))).flat();
      moved.push(...released);
      if (released.length === 0) break;
    }
    return moved;
  }

  async #releaseOne(job: Job, asked: QuarantineAsked): Promise<Moved> {
    const plan = (await this.ports.plans.find(job.spec.planId))?.value;
    // No round looks at a plan that is over: there it is struck from the list, and the next plan builds it.
    const event: JobEvent = { type: plan?.state === 'building' ? 'quarantine-released' : 'superseded' };
    return this.#moveOne(job, event, `released from quarantine by ${wordsOf(asked)}`);
  }

  async #add(asked: QuarantineAsked): Promise<Moved> {
    const moved: Moved = [];
    for (const { value: plan } of await this.ports.plans.open()) {
      if (plan.profile !== asked.profile) continue;
      for (const { value: job } of await this.ports.jobs.ofPlan(plan.id as PlanId)) {
        if (!isMeant(job, asked.atom)) continue;
        const reason = `put into quarantine by ${wordsOf(asked)}`;
        moved.push(...(await this.#moveOne(job, { type: 'quarantined-by-hand', reason }, reason)));
      }
    }
    return moved;
  }

  /** Empty where the job is not in a state for it (any more). */
  async #moveOne(job: Job, event: JobEvent, reason: string): Promise<Moved> {
    const moved = await this.move.execute(job.id, event, { reason });
    return moved.kind === 'moved' ? [{ jobId: job.id, cpv: job.spec.cpv, state: moved.job.state }] : [];
  }
}

function isMeant({ spec }: Job, atom: string): boolean {
  const name = packageOf(spec.cpv);
  return spec.cpv === atom || name === atom || name.split('/')[1] === atom;
}

function wordsOf({ author, reason }: QuarantineAsked): string {
  return reason === '' ? author : `${author}: ${reason}`;
}
