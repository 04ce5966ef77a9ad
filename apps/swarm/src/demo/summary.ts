import type { JobDetail } from '@swarm/contracts';

import type { JourneyResult, LostDrone } from './journey.js';
import { stagesOf, type Stage } from './stages.js';

/** What the demo says at its end, and `--json` writes. */
export interface Summary {
  readonly kind: JourneyResult['kind'];
  readonly packages: number;
  readonly built: number;
  readonly alreadyBuilt: number;
  readonly attempts: number;
  /** Cycles that were opened by building a package twice. */
  readonly stages: readonly Stage[];
  /** What is not planned, and why. */
  readonly findings: readonly string[];
  readonly quarantined: readonly { readonly cpv: string; readonly reason: string }[];
  readonly blocked: readonly { readonly cpv: string; readonly reason: string }[];
  /** Packages built by each drone. */
  readonly builtBy: Readonly<Record<string, number>>;
  readonly lost: {
    readonly drone: string;
    readonly cpv: string;
    readonly finishedBy: string | null;
  } | null;
  readonly release: number | null;
  readonly installed: number;
  readonly said: string;
  readonly successRate: number | null;
  readonly seconds: number;
}

/** The figures of a journey. `published ÷ attempted`: what is quarantined counts against it (S12). */
export function summarize(result: JourneyResult): Summary {
  const { plans, jobs, lost } = result;
  const of = (state: JobDetail['state']): JobDetail[] => jobs.filter((job) => job.state === state);
  const named = (job: JobDetail): { cpv: string; reason: string } => ({ cpv: job.cpv, reason: job.reason });
  const attempts = jobs.reduce((sum, job) => sum + job.attempts.length, 0);
  const attempted = plans.reduce((sum, { numbers }) => sum + numbers.attempted, 0);
  const alreadyBuilt = plans.reduce((sum, { numbers }) => sum + numbers.alreadyBuilt, 0);
  const builtBy = new Map<string, number>();
  for (const job of of('published')) {
    const by = builderOf(job) ?? 'unknown';
    builtBy.set(by, (builtBy.get(by) ?? 0) + 1);
  }
  return {
    kind: result.kind,
    packages: jobs.length + alreadyBuilt,
    built: of('published').length,
    alreadyBuilt,
    attempts,
    stages: stagesOf(jobs),
    findings: plans.flatMap(({ findings }) => findings.map(({ text }) => text)),
    quarantined: of('quarantined').map(named),
    blocked: of('blocked').map(named),
    builtBy: Object.fromEntries([...builtBy].sort(([a], [b]) => (a < b ? -1 : 1))),
    lost: lost ? fateOf(lost, jobs) : null,
    release: result.release?.generation ?? null,
    installed: result.workstation?.installed.length ?? result.checked.length,
    said: result.workstation?.said ?? '',
    successRate: attempts === 0 || attempted === 0 ? null : of('published').length / attempted,
    seconds: Math.round(result.seconds),
  };
}

/** What became of the work that a lost drone had in hand. */
function fateOf(lost: LostDrone, jobs: readonly JobDetail[]): NonNullable<Summary['lost']> {
  const job = jobs.find(({ id }) => id === lost.job.id);
  return { drone: lost.name, cpv: lost.job.cpv, finishedBy: (job && builderOf(job)) ?? null };
}

/** The drone whose attempt made the artifact. */
function builderOf({ attempts }: JobDetail): string | undefined {
  return attempts.find(({ state }) => state === 'succeeded')?.drone;
}

/** The summary as text for a terminal. */
export function summaryText(summary: Summary): string {
  const rate =
    summary.successRate === null ? 'nothing attempted' : `${(summary.successRate * 100).toFixed(1)} %`;
  const builders = Object.entries(summary.builtBy).map(([drone, count]) => `${drone} ${count}`);
  const stuck = [
    ...summary.quarantined.map(({ cpv, reason }) => `  quarantined  ${cpv}: ${reason}`),
    ...summary.blocked.map(({ cpv, reason }) => `  blocked      ${cpv}: ${reason}`),
  ];
  return [
    '',
    summary.kind === 'synthetic' ? 'SYNTHETIC journey: no package of it is real' : 'Summary',
    `  packages     ${summary.packages}: ${summary.built} built now, ${summary.alreadyBuilt} already there`,
    `  attempts     ${summary.attempts}, success rate ${rate} (quarantined ones count against it)`,
    `  built by     ${builders.join(', ') || 'nobody: there was nothing to build'}`,
    ...(summary.lost
      ? [
          `  lost drone   ${summary.lost.drone}, while it built ${summary.lost.cpv}; finished by ${summary.lost.finishedBy ?? 'nobody'}`,
        ]
      : []),
    ...summary.stages.map(
      ({ cpv, use, fullUse }) =>
        `  cycle        ${cpv} built first with USE "${use.join(' ')}", then in full with "${fullUse.join(' ')}"`,
    ),
    ...stuck,
    ...summary.findings.map((text) => `  not planned  ${text}`),
    `  release      ${summary.release ?? 'none'}`,
    summary.kind === 'synthetic'
      ? `  checked      ${summary.installed} files of the binhost against its index`
      : `  workstation  ${summary.installed} packages installed, none compiled there`,
    ...(summary.said === '' ? [] : [`  it says      ${summary.said.replaceAll('\n', '\n               ')}`]),
    `  time         ${summary.seconds} s`,
    '',
  ].join('\n');
}
