import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { JobDetail, PlanDetail, Release } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';

import type { RunningSwarm } from './running-swarm.js';
import { checkStagesAreHidden, stagesOf } from './stages.js';
import { checkSyntheticBinhost } from './synthetic-workstation.js';
import { updateWorkstation, type WorkstationReport } from './workstation.js';

const LOOK_EVERY_MS = 500;
const PLAN_LIMIT_MS = 480_000;
const RELEASE_LIMIT_MS = 60_000;
/** So many packages are published before a drone is lost: the swarm is then in full work. */
const LOSE_AFTER_PUBLISHED = 3;
const LOOK_FOR_VICTIM_EVERY_MS = 200;
/** How long the build of the drone that is lost has been in its hands. */
const YOUNGEST_VICTIM_MS = 300;
const OLDEST_VICTIM_MS = 1_500;

/** What is planned of the lab, each set as a plan of its own. */
const LAB_SETS: readonly (readonly string[])[] = [['@world'], ['@broken'], ['@cycle']];
/** What is planned of the trace. */
const SYNTHETIC_SETS: readonly (readonly string[])[] = [['@world']];

/** A drone that was lost, and what it had in hand. */
export interface LostDrone {
  readonly name: string;
  readonly job: { readonly id: string; readonly cpv: string };
}

export interface JourneyResult {
  readonly kind: 'portage' | 'synthetic';
  readonly plans: readonly PlanDetail[];
  /** Every job of the plans, with its attempts. */
  readonly jobs: readonly JobDetail[];
  /** Undefined where nothing had to be built. */
  readonly lost: LostDrone | undefined;
  readonly release: Release | undefined;
  /** Undefined on a synthetic journey: its packages install nothing. */
  readonly workstation: WorkstationReport | undefined;
  /** Packages of the binhost that were fetched and checked; synthetic journeys only. */
  readonly checked: readonly string[];
  readonly seconds: number;
}

export interface JourneyOptions {
  readonly swarm: RunningSwarm;
  readonly home: string;
  readonly stateDir: string;
  readonly say: (line: string) => void;
}

/** From `@world` to an installed package: plan, build, lose a drone, publish, install, run. */
export async function travel({ swarm, home, stateDir, say }: JourneyOptions): Promise<JourneyResult> {
  const since = performance.now();
  const { api, runtime } = swarm;
  const sets = runtime.kind === 'portage' ? LAB_SETS : SYNTHETIC_SETS;
  const planIds: string[] = [];
  for (const targets of sets) {
    const { planId } = await api.call('askPlan', {
      requestId: randomUUID(),
      profile: runtime.profile,
      targets: [...targets],
      origin: 'operator',
    });
    planIds.push(planId);
    say(`plan of ${targets.join(' ')}: ${planId}`);
  }
  const lost = await loseOneDrone(swarm, planIds, say);
  const plans = await plansOver(swarm, planIds, say);
  const release = await releaseOf(swarm, plans);
  if (release) say(`release ${release.generation}: ${release.packages} packages at ${release.url}`);

  const binhostUrl = `${runtime.binhost}/${runtime.profile}`;
  let workstation: WorkstationReport | undefined;
  let checked: readonly string[] = [];
  if (runtime.kind === 'portage') {
    say('the workstation installs @world from the binhost, without compiling');
    workstation = await updateWorkstation({ home, stateDir, binhostUrl });
  } else {
    checked = await checkSyntheticBinhost(binhostUrl);
  }
  const jobs: JobDetail[] = [];
  for (const plan of plans) for (const { id } of plan.jobs) jobs.push(await api.call('job', { id }));
  await checkStagesAreHidden(binhostUrl, stagesOf(jobs));
  return {
    kind: runtime.kind,
    plans,
    jobs,
    lost,
    release,
    workstation,
    checked,
    seconds: (performance.now() - since) / 1000,
  };
}

/** Waits until the swarm is in full work, then kills a drone in the middle of a build, as a power failure would. */
async function loseOneDrone(
  { api, pids }: RunningSwarm,
  planIds: readonly string[],
  say: JourneyOptions['say'],
): Promise<LostDrone | undefined> {
  // Without a chance to lose one, the plans go on: `plansOver` has the last word on time.
  const limit = performance.now() + PLAN_LIMIT_MS;
  while (performance.now() < limit) {
    const plans = await Promise.all(planIds.map((id) => api.call('plan', { id })));
    if (plans.every(({ plan }) => isOver(plan.state))) return undefined;
    const published = plans.reduce((sum, { numbers }) => sum + numbers.jobs.published, 0);
    // One that was handed out a moment ago is surely not finished: no real build takes less than two seconds.
    const job = plans.flatMap(({ jobs }) => jobs).find(({ since }) => since !== null && isYoung(since));
    const pid = job?.drone && (await pids())[job.drone];
    if (published >= LOSE_AFTER_PUBLISHED && job?.drone && pid) {
      process.kill(pid, 'SIGKILL');
      say(`kill -9 of ${job.drone} (pid ${pid}) while it builds ${job.cpv}`);
      return { name: job.drone, job: { id: job.id, cpv: job.cpv } };
    }
    await delay(LOOK_FOR_VICTIM_EVERY_MS);
  }
  return undefined;
}

function isYoung(since: string): boolean {
  const ageMs = Date.now() - Date.parse(since);
  return ageMs >= YOUNGEST_VICTIM_MS && ageMs <= OLDEST_VICTIM_MS;
}

async function plansOver(
  { api }: RunningSwarm,
  planIds: readonly string[],
  say: JourneyOptions['say'],
): Promise<PlanDetail[]> {
  const limit = performance.now() + PLAN_LIMIT_MS;
  for (let shown = ''; ;) {
    // A service may be down for a moment; the ledger is not.
    const plans = await Promise.all(planIds.map((id) => api.call('plan', { id }))).catch(() => undefined);
    const line = plans?.map(progress).join(' · ') ?? shown;
    if (line !== shown) say(line);
    shown = line;
    if (plans?.every(({ plan }) => isOver(plan.state))) return plans;
    if (performance.now() > limit) {
      throw new SwarmError(
        'SWARM_FAILED',
        `The plans were not over after ${PLAN_LIMIT_MS / 1000} s: ${shown}.`,
      );
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** The release that holds the plans; undefined when nothing was ever published. */
async function releaseOf(
  { api, runtime }: RunningSwarm,
  plans: readonly PlanDetail[],
): Promise<Release | undefined> {
  const built = plans.some(({ numbers }) => numbers.jobs.published > 0);
  const ended = Math.max(...plans.map(({ plan }) => Date.parse(plan.endedAt ?? plan.createdAt)));
  const limit = performance.now() + RELEASE_LIMIT_MS;
  for (;;) {
    const { releases } = await api.call('releases', { profile: runtime.profile });
    const current = releases.find(({ state }) => state === 'current');
    if (!built || (current && Date.parse(current.createdAt) >= ended)) return current;
    if (performance.now() > limit)
      throw new SwarmError('SWARM_FAILED', 'The finished plan did not become a release.');
    await delay(LOOK_EVERY_MS);
  }
}

function isOver(state: string): boolean {
  return state === 'complete' || state === 'failed' || state === 'cancelled';
}

function progress({ plan, numbers: { jobs } }: PlanDetail): string {
  const parts = (['published', 'delegated', 'needed', 'waiting', 'blocked', 'quarantined'] as const).flatMap(
    (state) => (jobs[state] > 0 ? [`${jobs[state]} ${state}`] : []),
  );
  return `${plan.targets.join(' ')}: ${plan.state} (${parts.join(', ') || plan.detail})`;
}
