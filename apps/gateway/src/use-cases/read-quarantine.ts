import type { QuarantineDetail, QuarantineView } from '@swarm/contracts';
import type { Attempt, Job, JobMove } from '@swarm/domain-job';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { unknownProfile } from './read-fleet.js';
import { requireJob } from './read-jobs.js';

type Ports = Pick<GatewayPorts, 'jobs' | 'profiles'>;

/** What is in quarantine, of one profile or of all, the newest first. */
export async function readQuarantine(ports: Ports, profile: string | undefined): Promise<QuarantineView[]> {
  const names = (await ports.profiles.all()).map(({ name }) => name);
  if (profile !== undefined && !names.includes(profile)) throw unknownProfile(profile, names);
  const wanted = profile === undefined ? names : [profile];
  const jobs = (await Promise.all(wanted.map((name) => ports.jobs.quarantined(name)))).flat();
  const views = await Promise.all(jobs.map(async (job) => viewOf(job, await ports.jobs.historyOf(job.id))));
  return views.sort((a, b) => (b.since ?? '').localeCompare(a.since ?? '') || a.cpv.localeCompare(b.cpv));
}

/** One of them with its evidence; a job that is not in quarantine is refused, and its state named. */
export async function readQuarantined(ports: Ports, id: string): Promise<QuarantineDetail> {
  const job = await requireJob(ports, id);
  if (job.state !== 'quarantined') {
    throw new ApiRefusal(
      'not-found',
      `${job.spec.cpv} is not in quarantine: it is ${job.state}.`,
      'GET /api/v1/quarantine lists what is.',
    );
  }
  const [attempts, history, siblings] = await Promise.all([
    ports.jobs.attemptsOf(job.id),
    ports.jobs.historyOf(job.id),
    ports.jobs.ofPlan(job.spec.planId),
  ]);
  return {
    ...viewOf(job, history),
    evidence: attempts.filter(({ failureClass }) => failureClass !== null).map(evidenceOf),
    blocks: siblings.flatMap(({ value }) =>
      value.state === 'blocked' && value.blockedBy === job.spec.cpv ? [value.spec.cpv] : [],
    ),
    history: history.map(({ at, state, reason }) => ({ at: at.toISOString(), state, reason })),
  };
}

function viewOf(job: Job, history: readonly JobMove[]): QuarantineView {
  const { id, spec, failures, failedOn } = job;
  return {
    jobId: id,
    planId: spec.planId,
    profile: spec.profile,
    cpv: spec.cpv,
    use: [...spec.use],
    since: history.findLast(({ state }) => state === 'quarantined')?.at.toISOString() ?? null,
    reason: job.state === 'quarantined' ? job.reason : '',
    drones: [...failedOn],
    failures,
  };
}

function evidenceOf(attempt: Attempt): QuarantineDetail['evidence'][number] {
  const { number, drone, failureClass, summary, endedAt, state, logTail } = attempt;
  return {
    attempt: number,
    drone,
    class: failureClass ?? 'unknown',
    summary: summary ?? '',
    endedAt: endedAt?.toISOString() ?? null,
    counts: state === 'failed',
    logTail: logTail ?? '',
  };
}
