import type { Attempt, Job, JobIn } from '@swarm/domain-job';
import type { Artifact } from '@swarm/domain-release';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { MoveJob } from './move-job.js';

/**
 * Brings the jobs of a plan in line with what is published: wakes those whose dependencies are there, blocks those
 * whose dependencies never will be, and takes in artifacts whose events were lost.
 * Driven by levels, not by events: whatever was missed is made good in the next round (Q21).
 */
export class AdvanceJobs {
  constructor(
    private readonly ports: Pick<SchedulerPorts, 'jobs' | 'clock'>,
    private readonly move: MoveJob,
  ) {}

  /** `published` has the newest artifact in the staging index for each build key. True when anything moved. */
  async execute(jobs: readonly Job[], published: ReadonlyMap<string, Artifact>): Promise<boolean> {
    const byKey = new Map(jobs.map((job) => [job.spec.buildKey, job]));
    let moved = false;
    for (const job of jobs) {
      const now = await this.#advance(job, byKey, published);
      // Later jobs of the same round see what became of the earlier ones.
      if (now !== job) byKey.set(now.spec.buildKey, now);
      moved ||= now !== job;
    }
    return moved;
  }

  async #advance(
    job: Job,
    byKey: ReadonlyMap<string, Job>,
    published: ReadonlyMap<string, Artifact>,
  ): Promise<Job> {
    switch (job.state) {
      case 'needed':
      case 'delegated':
      case 'received':
        return this.#takeIn(job, published.get(job.spec.buildKey));
      case 'waiting':
      case 'blocked':
        return this.#wakeOrBlock(job, byKey, published);
      case 'published':
      case 'quarantined':
      case 'superseded':
      case 'cancelled':
        return job;
    }
  }

  async #takeIn(
    job: JobIn<'needed' | 'delegated' | 'received'>,
    artifact: Artifact | undefined,
  ): Promise<Job> {
    if (!artifact) return job;
    const sha256 = artifact.sha256 as JobIn<'received'>['artifact'];
    let now: Job = job;
    if (job.state !== 'received') {
      const ended = await this.#succeeded(job, artifact);
      const received = await this.move.execute(
        job.id,
        { type: 'artifact-received', artifact: sha256 },
        { reason: `the binhost has ${job.spec.cpv}`, ...(ended && { attempt: () => ended }) },
      );
      if (received.kind !== 'moved') return job;
      now = received.job;
    }
    const moved = await this.move.execute(
      job.id,
      { type: 'artifact-published', artifact: sha256 },
      { reason: `in the staging index as ${artifact.path ?? artifact.cpv}` },
    );
    return moved.kind === 'moved' ? moved.job : now;
  }

  /** The current attempt, ended well, when it is the one that made the artifact; its drone's report may still come. */
  async #succeeded(job: Job, artifact: Artifact): Promise<Attempt | undefined> {
    if (job.state !== 'delegated' || job.attemptId !== artifact.attemptId) return undefined;
    const attempt = await this.ports.jobs.findAttempt(job.attemptId);
    return attempt?.endedAt === null
      ? { ...attempt, state: 'succeeded', endedAt: this.ports.clock.now() }
      : undefined;
  }

  async #wakeOrBlock(
    job: JobIn<'waiting' | 'blocked'>,
    byKey: ReadonlyMap<string, Job>,
    published: ReadonlyMap<string, Artifact>,
  ): Promise<Job> {
    // An artifact counts, wherever it comes from: another plan may have built it meanwhile.
    const missing = job.spec.needs.filter(({ buildKey }) => !published.has(buildKey));
    const lost = missing
      .map(({ buildKey }) => byKey.get(buildKey))
      .filter((need) => need !== undefined && isLost(need));
    const [first] = lost;
    if (first) return this.#block(job, first, lost);
    const now = job.state === 'blocked' ? await this.#restore(job) : job;
    if (missing.length > 0 || now.state !== 'waiting') return now;
    const woken = await this.move.execute(
      job.id,
      { type: 'dependencies-published' },
      {
        reason: job.spec.needs.length === 0 ? 'needs nothing first' : 'everything it needs is published',
      },
    );
    return woken.kind === 'moved' ? woken.job : now;
  }

  /** Names what is in the way; another name than before where that one is gone and this one is not. */
  async #block(
    job: JobIn<'waiting' | 'blocked'>,
    first: Job,
    lost: readonly (Job | undefined)[],
  ): Promise<Job> {
    if (job.state === 'blocked') {
      if (lost.some((need) => need && rootCause(need) === job.blockedBy)) return job;
      const restored = await this.#restore(job);
      if (restored.state !== 'waiting') return restored;
    }
    const blocked = await this.move.execute(
      job.id,
      { type: 'dependency-lost', cpv: rootCause(first) },
      { reason: `needs ${first.spec.cpv}, which is ${first.state}` },
    );
    return blocked.kind === 'moved' ? blocked.job : job;
  }

  async #restore(job: JobIn<'blocked'>): Promise<Job> {
    const reason = `${job.blockedBy} is no longer in the way`;
    const restored = await this.move.execute(job.id, { type: 'dependency-restored' }, { reason });
    return restored.kind === 'moved' ? restored.job : job;
  }
}

function isLost({ state }: Job): boolean {
  return state === 'quarantined' || state === 'blocked' || state === 'cancelled' || state === 'superseded';
}

/** The package that a chain of blocked jobs hangs on in the end. */
function rootCause(job: Job): Job['spec']['cpv'] {
  return job.state === 'blocked' ? job.blockedBy : job.spec.cpv;
}
