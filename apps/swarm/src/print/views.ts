import type {
  DroneView,
  EventView,
  JobSummary,
  PlanDetail,
  PlanNumbers,
  ProfileStatus,
  ProfileView,
  Release,
  Status,
} from '@swarm/contracts';

import { healingLines } from './healing.views.js';
import { pauseLines } from './pause.views.js';
import { bytes, clockTime, duration, mark, percent, plain, table } from './text.js';

/** Kinds of trouble that a summary lists in full. */
const STUCK = ['quarantined', 'blocked'] as const;

export function printStatus(status: Status): string {
  const { drones } = status;
  const away = (['suspect', 'offline', 'grounded', 'probation', 'draining', 'retired'] as const)
    .filter((state) => drones[state] > 0)
    .map((state) => `, ${drones[state]} ${state === 'probation' ? 'on probation' : state}`)
    .join('');
  return [
    ...pauseLines(status.pauses),
    ...healingLines(status.rebootRequests, status.alarms),
    plain(status.next),
    '',
    ...status.profiles.map(profileLines),
    `drones: ${drones.online} of ${drones.total} online${away}; ${drones.working} of ${drones.slots} slots busy`,
    '',
  ].join('\n');
}

function profileLines({ profile, synthetic, plan, numbers, stuck, release }: ProfileStatus): string {
  const head = `profile ${profile}${mark(synthetic)}`;
  const planLine = plan
    ? `plan ${plan.id} is ${plan.state}${plan.detail === '' ? '' : `: ${plain(plan.detail)}`}`
    : 'no plan yet';
  const releaseLine = release
    ? `release ${release.generation}${mark(synthetic)}: ${release.packages} packages, ${release.url}`
    : 'no release yet';
  const lines = [planLine, ...numberLines(numbers), releaseLine, ...stuck.map(stuckLine)];
  return [head, ...lines.map((line) => `  ${line}`), ''].join('\n');
}

function numberLines({ jobs, alreadyBuilt, attempted, successRate }: PlanNumbers): string[] {
  const { total, ...byState } = jobs;
  const optional = new Set(['superseded', 'cancelled']);
  const counts = Object.entries(byState)
    .filter(([state, count]) => count > 0 || !optional.has(state))
    .map(([state, count]) => `${count} ${state}`);
  return [
    `jobs: ${total} total, ${counts.join(', ')}; ${alreadyBuilt} already built`,
    `success rate: ${percent(successRate)} (${jobs.published} published of ${attempted} attempted)`,
  ];
}

function stuckLine({ cpv, state, reason }: JobSummary): string {
  return `${state}: ${cpv}: ${plain(reason)}`;
}

/** What `plan --wait` says at the end. */
export function printPlan({ plan, numbers, findings, jobs, release }: PlanDetail): string {
  const stuck = STUCK.flatMap((state) => jobs.filter((job) => job.state === state));
  const releaseLine = release
    ? [`release ${release.generation}: ${release.packages} packages, ${release.url}`]
    : [];
  return [
    `plan ${plan.id} of ${plan.profile}${mark(plan.synthetic)} is ${plan.state}: ${plain(plan.detail)}`,
    ...numberLines(numbers),
    ...findings.map(({ kind, text }) => `${kind}: ${plain(text)}`),
    ...stuck.map(stuckLine),
    ...releaseLine,
    '',
  ].join('\n');
}

export function printJobs(jobs: readonly JobSummary[]): string {
  return table(
    ['package', 'profile', 'built because', 'state', 'attempt', 'why'],
    jobs.map(({ cpv, bootstrap, profile, synthetic, why, state, attempt, reason }) => [
      // Such a package is in the plan twice.
      bootstrap ? `${cpv} (stage 1)` : cpv,
      profile + mark(synthetic),
      plain(why),
      state,
      attempt,
      reason,
    ]),
    'Nothing is queued.',
  );
}

export function printDrones(drones: readonly DroneView[]): string {
  return table(
    ['drone', 'state', 'profile', 'slots', 'strikes', 'upload', 'doing', 'load', 'free disk', 'heard'],
    drones.map((drone) => [
      drone.name,
      drone.state,
      drone.profile + mark(drone.synthetic),
      `${drone.working.length}/${drone.slots}`,
      drone.strikes,
      drone.uploadPath,
      drone.working.map(({ what, phase }) => `${what} (${phase})`).join(', ') || drone.reason,
      drone.load1.toFixed(1),
      bytes(drone.freeDiskBytes),
      `${duration(drone.silentMs)} ago`,
    ]),
    'No drone has enrolled.',
  );
}

export function printReleases(releases: readonly Release[]): string {
  return table(
    ['profile', 'release', 'state', 'packages', 'made', 'binhost'],
    releases.map(({ profile, synthetic, generation, state, packages, createdAt, url }) => [
      profile + mark(synthetic),
      generation,
      state,
      packages,
      createdAt.slice(0, 19).replace('T', ' '),
      url,
    ]),
    'There is no release yet.',
  );
}

export function printProfiles(profiles: readonly ProfileView[]): string {
  return table(
    ['profile', 'kind', 'targets', 'made'],
    profiles.map(({ name, kind, targets, createdAt }) => [
      name,
      kind,
      targets.join(' '),
      createdAt.slice(0, 10),
    ]),
    'There is no profile yet.',
  );
}

export function printEvent({ at, line }: EventView, now: Date): string {
  return `${clockTime(at, now)}  ${plain(line)}\n`;
}
