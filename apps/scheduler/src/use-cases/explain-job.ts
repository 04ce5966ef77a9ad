import { MAX_WHY_ANSWERS, type WhyAnswer, type WhyAnswered, type WhyAsked } from '@swarm/contracts';
import {
  Etas,
  isStanding,
  packageTest,
  Reasons,
  sentenceOf,
  unblocksOf,
  type BoardJob,
  type Expected,
  type Pause,
  type PackageTest,
  type Reason,
  type UnresolvedPlan,
  type WhyView,
} from '@swarm/domain-scheduling';
import type { PlanOutline } from '@swarm/domain-plan';

import type { SchedulerPorts } from '../scheduler.ports.js';
import { ExplainLedger, type LedgerAnswer } from './explain-ledger.js';

type Ports = Pick<SchedulerPorts, 'plans' | 'jobs' | 'artifacts' | 'generations' | 'clock'>;

/**
 * Why packages are not built (Q11): those of open plans from the board, at the moment of asking; what the board no
 * longer holds from the ledger; what nobody knows of is said to be in no plan. Changes nothing.
 */
export class ExplainJob {
  constructor(
    private readonly ports: Ports,
    /** The board and the fleet as they are now. */
    private readonly view: () => WhyView,
  ) {}

  async execute({ requestId, profile, atom }: WhyAsked): Promise<WhyAnswered> {
    const meant = packageTest(atom);
    if (!meant.ok) return { requestId, answers: [], leftOut: 0, mistake: `atom: ${meant.error}` };
    const now = this.ports.clock.now();
    const view = this.view();
    const ledger = new ExplainLedger(this.ports, view.board, now);
    const answers = await this.#ofBoard({ view, ledger, now }, meant.value, profile);
    const known = new Set(answers.map((answer) => `${answer.profile} ${answer.cpv}`));
    for (const each of await ledger.find(meant.value, { profile, known })) answers.push(offBoard(each));
    if (answers.length === 0) answers.push(await this.#notAsked(atom, profile, view));
    const kept = answers.slice(0, MAX_WHY_ANSWERS);
    return { requestId, answers: kept, leftOut: answers.length - kept.length, mistake: '' };
  }

  async #ofBoard(
    { view, ledger, now }: { readonly view: WhyView; readonly ledger: ExplainLedger; readonly now: Date },
    isMeant: PackageTest,
    profile: string | undefined,
  ): Promise<WhyAnswer[]> {
    const entries = [...view.board.plans.values()].flatMap(({ jobs }) =>
      jobs.filter(({ job }) => (profile ?? job.spec.profile) === job.spec.profile && isMeant(job.spec)),
    );
    const moves = await ledger.lastMoves(entries.map(({ job }) => job));
    const reasons = new Reasons({ ...view, lastMoveOf: (id) => moves.get(id) }, now);
    const etas = new Etas(view, now);
    const answers: WhyAnswer[] = [];
    for (const entry of entries) {
      const { job } = entry;
      const release =
        job.state === 'published' ? await ledger.releaseOf(job.spec.profile, job.artifact) : null;
      const found = reasons.of(entry);
      const reason = found.kind === 'published' ? { ...found, release } : found;
      answers.push(answerOf(entry, reason, etas.ofJob(entry)));
    }
    return answers;
  }

  async #notAsked(
    atom: string,
    profile: string | undefined,
    { pauseOf }: Pick<WhyView, 'pauseOf'>,
  ): Promise<WhyAnswer> {
    const open = (await this.ports.plans.open()).map(({ value }) => value);
    const resolving = open.filter(
      (plan) => plan.state === 'resolving' && (profile ?? plan.profile) === plan.profile,
    );
    const now = this.ports.clock.now();
    const standing = (pause: Pause | undefined): Pause | undefined =>
      pause && isStanding(pause, now) ? pause : undefined;
    const asked = resolving.map((plan) => unresolved(plan, standing(pauseOf?.(plan.id))));
    const reason: Reason = { kind: 'not-asked', atom, resolving: asked };
    return {
      ...{ cpv: atom, profile: profile ?? null, plan: null, state: null, since: null },
      ...told(reason),
      ...{ eta: null, noEta: 'it is in no plan' },
    };
  }
}

function unresolved(
  { id, profile, resolving, createdAt }: PlanOutline,
  pause: Pause | undefined,
): UnresolvedPlan {
  const since = resolving?.since ?? createdAt;
  return { plan: id, profile, drone: resolving?.drone ?? null, since, pause };
}

function told(reason: Reason): Pick<WhyAnswer, 'kind' | 'sentence' | 'unblocks'> {
  return { kind: reason.kind, sentence: sentenceOf(reason), unblocks: unblocksOf(reason) };
}

function answerOf({ job, plan, since }: BoardJob, reason: Reason, expected: Expected): WhyAnswer {
  const { cpv, profile } = job.spec;
  const { eta } = expected;
  return {
    ...{ cpv, profile, plan, state: job.state, since: since.toISOString() },
    ...told(reason),
    eta: eta && {
      at: eta.at.toISOString(),
      earliest: eta.earliest.toISOString(),
      latest: eta.latest.toISOString(),
    },
    noEta: expected.eta === null ? expected.because : '',
  };
}

function offBoard({ cpv, profile, plan, state, since, reason }: LedgerAnswer): WhyAnswer {
  return {
    ...{ cpv, profile, plan, state, since: since?.toISOString() ?? null },
    ...told(reason),
    ...{ eta: null, noEta: state === null ? 'it is no job' : `it is ${state}` },
  };
}
