import type { Attempt, JobId, JobIn, OpenJob } from '@swarm/domain-job';
import type { StagedArtifact } from '@swarm/domain-release';
import type { BoardJob, WorkBoard } from '@swarm/domain-scheduling';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BoardKeeper } from './board-keeper.js';
import type { MoveJob } from './move-job.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'artifacts' | 'clock'>;

/** The states in which a job is waiting for its artifact, whoever makes it. */
type Expecting = 'needed' | 'delegated' | 'received';

/**
 * An artifact that the staging index has is taken in by every job that it serves: its own, and those of other plans
 * that ask for the same build. Events say which ones to look for; what they missed is found by looking for all.
 */
export class TakeInArtifacts {
  readonly #noted = new Set<string>();

  constructor(
    private readonly ports: Ports,
    private readonly keeper: BoardKeeper,
    private readonly move: MoveJob,
  ) {}

  /** The binhost says that it has the artifact of this job: the next round looks. */
  note(jobId: string): void {
    this.#noted.add(jobId);
  }

  /** Looks for what was noted. Resolves to the number of jobs that took something in. */
  async noted(): Promise<number> {
    if (this.#noted.size === 0) return 0;
    const board = await this.keeper.current();
    const noted = [...this.#noted] as JobId[];
    const known = noted.flatMap((id) => board.find(id)?.job ?? []);
    // The artifact of a plan that is over serves open plans as well.
    const unknown = noted.filter((id) => board.find(id) === undefined);
    const others = unknown.length > 0 ? await this.ports.jobs.findAll(unknown) : [];
    const taken = await this.#lookFor(board, [...known, ...others.map(({ value }) => value)]);
    // Not before it is done: a round that fails is made again.
    for (const id of noted) this.#noted.delete(id);
    return taken;
  }

  /** Looks for the artifacts of all jobs that have none, whatever was said. */
  async all(): Promise<number> {
    const board = await this.keeper.current();
    const lanes = [...board.plans.values()];
    return this.#lookFor(
      board,
      lanes.flatMap(({ jobs }) => jobs.flatMap(({ job }) => (isExpecting(job) ? [job] : []))),
    );
  }

  /** Two steps, one after the other, so that history has both. True when the artifact was taken in. */
  async one({ job }: BoardJob, artifact: StagedArtifact): Promise<boolean> {
    if (!isExpecting(job)) return false;
    const sha256 = artifact.sha256 as JobIn<'received'>['artifact'];
    if (job.state !== 'received') {
      const ended = await this.#succeeded(job, artifact);
      const received = await this.move.execute(
        job.id,
        { type: 'artifact-received', artifact: sha256 },
        { reason: `the binhost has ${job.spec.cpv}`, ...(ended && { attempt: () => ended }) },
      );
      if (received.kind !== 'moved') return false;
    }
    const published = await this.move.execute(
      job.id,
      { type: 'artifact-published', artifact: sha256 },
      { reason: `in the staging index as ${artifact.path}` },
    );
    return published.kind === 'moved';
  }

  async #lookFor(board: WorkBoard, jobs: readonly OpenJob[]): Promise<number> {
    const keys = new Map<string, Set<string>>();
    for (const { spec } of jobs) {
      const known = keys.get(spec.profile);
      if (known) known.add(spec.buildKey);
      else keys.set(spec.profile, new Set([spec.buildKey]));
    }
    let taken = 0;
    for (const [profile, buildKeys] of keys) {
      const staged = await this.ports.artifacts.staged(profile, [...buildKeys]);
      // All at once, so that they are stored in few batches.
      const each = staged.flatMap((artifact) =>
        board.withKey(profile, artifact.buildKey).map((entry) => this.one(entry, artifact)),
      );
      taken += (await Promise.all(each)).filter(Boolean).length;
    }
    return taken;
  }

  /** The current attempt, ended well, when it is the one that made the artifact; its drone's report may still come. */
  async #succeeded(job: OpenJob, artifact: StagedArtifact): Promise<Attempt | undefined> {
    if (job.state !== 'delegated' || job.attemptId !== artifact.attemptId) return undefined;
    const attempt = await this.ports.jobs.findAttempt(job.attemptId);
    return attempt?.endedAt === null
      ? { ...attempt, state: 'succeeded', endedAt: this.ports.clock.now() }
      : undefined;
  }
}

function isExpecting(job: OpenJob): job is Extract<OpenJob, { state: Expecting }> {
  return job.state === 'needed' || job.state === 'delegated' || job.state === 'received';
}
