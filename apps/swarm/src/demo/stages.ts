import { parsePackagesIndex } from '@swarm/adapter-portage';
import type { JobDetail } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';

/** A cycle that was opened: the package that was built twice. */
export interface Stage {
  readonly cpv: string;
  /** Flags of its stage-1 build, and of the full one that follows. */
  readonly use: readonly string[];
  readonly fullUse: readonly string[];
}

/** The stage-1 builds among jobs, each with the full build that took its place. */
export function stagesOf(jobs: readonly JobDetail[]): Stage[] {
  return jobs
    .filter(({ bootstrap, state }) => bootstrap && state === 'published')
    .map(({ cpv, use }) => {
      const full = jobs.find((job) => job.cpv === cpv && !job.bootstrap);
      return { cpv, use, fullUse: full?.use ?? [] };
    });
}

/** Throws where the index that workstations see shows a package with the flags of its stage-1 build (S11). */
export async function checkStagesAreHidden(releaseUrl: string, stages: readonly Stage[]): Promise<void> {
  if (stages.length === 0) return;
  const response = await fetch(`${releaseUrl}/Packages`);
  if (!response.ok)
    throw new SwarmError('SWARM_FAILED', `${releaseUrl}/Packages answers ${response.status}.`);
  const { entries } = parsePackagesIndex(await response.text());
  for (const { cpv, fullUse } of stages) {
    const shown = entries.filter((entry) => entry['CPV'] === cpv);
    const faulty =
      shown.length !== 1 || !fullUse.every((flag) => shown[0]?.['USE']?.split(' ').includes(flag));
    if (faulty)
      throw new SwarmError('SWARM_FAILED', `The release shows ${cpv} other than in full, or not once.`);
  }
}
