import { outgoing, type Outcome, type WorkOutcome, type WorkReported } from '@swarm/contracts';
import type { Verdict } from '@swarm/domain-blame';
import { isOpen, type Attempt, type AttemptId, type JobEvent } from '@swarm/domain-job';
import type { Plan, PlanOutline } from '@swarm/domain-plan';
import { assertNever, type Outgoing, type Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BlameFailure } from './blame-failure.js';
import type { MoveJob, MoveDetails } from './move-job.js';
import type { Refusals } from './refusals.js';
import type { ResolvePlans } from './resolve-plans.js';
import { isNews, type Strikes } from './strikes.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'plans' | 'clock' | 'entropy' | 'log' | 'policy' | 'readDocument'>;
type Failed = Extract<WorkOutcome, { kind: 'failed' }>;
type GivenBack = Extract<WorkOutcome, { kind: 'refused' | 'returned' }>;

const DONE: Outcome = { kind: 'done' };
const CONTENDED: Outcome = { kind: 'retry', afterMs: 100, reason: 'another writer was first' };

/** The use cases that a report leads to. */
export interface ReportSteps {
  readonly move: MoveJob;
  readonly resolve: ResolvePlans;
  readonly refusals: Refusals;
  readonly blame: BlameFailure;
  readonly strikes: Strikes;
}

/** A drone reported on an attempt. Late and repeated news is expected, counted in the log, and changes nothing (S18). */
export class RecordReport {
  constructor(
    private readonly ports: Ports,
    private readonly steps: ReportSteps,
  ) {}

  async execute(report: WorkReported): Promise<Outcome> {
    const attempt = await this.ports.jobs.findAttempt(report.attemptId as AttemptId);
    if (attempt) return this.#onBuild(attempt, report);
    const isMeant = ({ value }: Versioned<PlanOutline>): boolean =>
      value.resolving?.attemptId === report.attemptId;
    const open = (await this.ports.plans.open()).find(isMeant);
    const plan = open && (await this.ports.plans.find(open.value.id));
    if (plan && isMeant(plan)) return this.#onResolve(plan, report);
    this.ports.log.info({ attemptId: report.attemptId, drone: report.drone }, 'stale report ignored');
    return DONE;
  }

  async #onResolve(plan: Versioned<Plan>, { outcome, drone }: WorkReported): Promise<Outcome> {
    switch (outcome.kind) {
      case 'started':
      case 'built':
        return DONE;
      case 'resolved': {
        const document = this.ports.readDocument(outcome.documentGzip);
        const saved = document.ok
          ? await this.steps.resolve.accept(plan, document.value)
          : await this.steps.resolve.failed(plan, `${drone}: ${document.error}`);
        return saved === 'saved' ? DONE : CONTENDED;
      }
      case 'failed':
        return (await this.steps.resolve.failed(plan, `${drone}: ${outcome.summary}`)) === 'saved'
          ? DONE
          : CONTENDED;
      case 'refused':
        return (await this.steps.resolve.refused(plan, drone, outcome.reason)) === 'saved' ? DONE : CONTENDED;
      case 'returned':
        return (await this.steps.resolve.failed(plan, `${drone}: ${outcome.reason}`)) === 'saved'
          ? DONE
          : CONTENDED;
      default:
        return assertNever(outcome);
    }
  }

  async #onBuild(attempt: Attempt, report: WorkReported): Promise<Outcome> {
    // Only the drone that was given the attempt may speak of it (Q20).
    if (report.drone !== attempt.drone) {
      this.ports.log.warn(
        { attemptId: attempt.id, drone: report.drone },
        'report of a foreign attempt ignored',
      );
      return DONE;
    }
    const now = this.ports.clock.now();
    const { outcome } = report;
    switch (outcome.kind) {
      case 'started':
        if (attempt.state === 'offered') {
          await this.ports.jobs.saveAttempt({ ...attempt, state: 'running', startedAt: now });
        }
        return DONE;
      case 'built':
        // The artifact's own way through the binhost moves the job; this closes the attempt with what it cost.
        await this.ports.jobs.saveAttempt({
          ...attempt,
          state: 'succeeded',
          endedAt: now,
          measured: outcome.measured,
        });
        await this.steps.strikes.succeeded(attempt.drone);
        return DONE;
      case 'failed':
        return this.#onFailure(attempt, outcome, now);
      case 'refused':
        await this.#noteRefusal(attempt, outcome.reason);
        return this.#giveBack(attempt, outcome, now);
      case 'returned':
        return this.#giveBack(attempt, outcome, now);
      case 'resolved':
        return { kind: 'dead-letter', reason: 'a build was answered with a plan document' };
      default:
        return assertNever(outcome);
    }
  }

  /** Given back before it was done; a refusal costs the job nothing (S17). */
  async #giveBack(attempt: Attempt, outcome: GivenBack, now: Date): Promise<Outcome> {
    const { kind, reason } = outcome;
    const ended: Attempt = { ...attempt, state: kind, endedAt: now, summary: reason };
    return this.#apply(
      ended,
      { type: 'attempt-reclaimed', attempt: attempt.number, reason, excused: kind === 'refused' },
      { reason: `${attempt.drone} ${kind} it: ${reason}` },
    );
  }

  async #noteRefusal({ jobId, drone }: Attempt, reason: string): Promise<void> {
    const job = await this.ports.jobs.find(jobId);
    if (job) this.steps.refusals.note(drone, job.value.spec.profile, reason);
  }

  async #onFailure(attempt: Attempt, outcome: Failed, now: Date): Promise<Outcome> {
    const ended: Attempt = {
      ...attempt,
      state: 'failed',
      endedAt: now,
      failureClass: outcome.class,
      summary: outcome.summary,
      logTail: outcome.logTail,
      measured: outcome.measured,
    };
    const verdict = await this.steps.blame.execute(ended);
    const applied = await this.#apply(ended, eventOf(ended, verdict), {
      reason: verdict.reason,
      messages: (job) => [this.#failedEvent(ended, job.spec.cpv, outcome, now)],
    });
    // Last, and harmless when it is done again: a report that comes twice finds the strike there.
    if (isNews(attempt)) await this.steps.strikes.failed(ended, verdict);
    return applied;
  }

  /** The end of an attempt, and what it means for its job. Of a stale attempt only the end is kept. */
  async #apply(ended: Attempt, event: JobEvent, details: MoveDetails): Promise<Outcome> {
    const moved = await this.steps.move.execute(ended.jobId, event, { ...details, attempt: () => ended });
    if (moved.kind === 'refused') {
      const stored = await this.ports.jobs.findAttempt(ended.id);
      if (stored && isOpen(stored.state)) await this.ports.jobs.saveAttempt(ended);
      this.ports.log.info(
        { jobId: ended.jobId, attempt: ended.number, why: moved.why },
        'late report ignored',
      );
    }
    return moved.kind === 'unknown-job' ? { kind: 'dead-letter', reason: 'no such job' } : DONE;
  }

  #failedEvent(attempt: Attempt, cpv: string, outcome: Failed, now: Date): Outgoing {
    const id = this.ports.entropy.id();
    return outgoing('AttemptFailed', id, {
      id,
      at: now.toISOString(),
      jobId: attempt.jobId,
      cpv,
      attempt: attempt.number,
      drone: attempt.drone,
      class: outcome.class,
      summary: outcome.summary,
    });
  }
}

/** What a verdict is to the job. The way to the binhost is nobody's package, and no drone is avoided for it (S22). */
function eventOf({ number: attempt, drone }: Attempt, verdict: Verdict): JobEvent {
  const { blame, counts, retryAt, reason } = verdict;
  return blame === 'path'
    ? { type: 'attempt-reclaimed', attempt, reason }
    : { type: 'attempt-failed', attempt, drone, reason, retryAt, counts };
}
