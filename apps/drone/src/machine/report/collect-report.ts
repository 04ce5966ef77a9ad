import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import type { MachineReport, ReportedDisk } from '@swarm/domain-drone-audit';

import type { OwnPortage } from '../../ports/executor.js';
import { readCron } from './read-cron.js';
import { readRevision } from './read-revision.js';
import { readService } from './read-service.js';
import { readToolchain } from './read-toolchain.js';
import { textFilesBelow } from './text-files.js';
import { told } from './told.js';

/** Each part of a report may take so long; they are read at once. */
export const PART_LIMIT_MS = 8_000;

export interface ReportSources {
  readonly drone: string;
  readonly profile: string;
  readonly agentVersion: string;
  readonly stateDir: string;
  /** Null where this drone has no Portage. */
  readonly portage: OwnPortage | null;
  readonly portageVersion: string;
  /** `/`, but in tests. */
  readonly root: string;
  /** Where a build would find its compiler. */
  readonly path: string;
  readonly limitMs?: number;
}

/** How this machine is set up: every part by itself, with what Portage knows asked of Portage. Never rejects. */
export async function collectReport(sources: ReportSources): Promise<MachineReport> {
  const {
    drone,
    profile,
    agentVersion,
    portage,
    portageVersion,
    root,
    path,
    limitMs = PART_LIMIT_MS,
  } = sources;
  const asked = portage?.ask(limitMs);
  // Looked at by three parts below, each of which says why where it failed.
  asked?.catch(() => undefined);
  const own = async () => (await asked) ?? missing();
  const [makeProfile, variables, files, repositories, toolchain, disks, service, cron] = await Promise.all([
    told(limitMs, async () => (await own()).profilePath),
    told(limitMs, async () => (await own()).variables),
    told(limitMs, () =>
      textFilesBelow(join((portage ?? missing()).configRoot, 'etc/portage'), new Set(['make.profile'])),
    ),
    told(limitMs, async () =>
      Promise.all(
        (await own()).repositories.map(async (each) => ({
          ...each,
          revision: await readRevision(each.location),
        })),
      ),
    ),
    told(limitMs, async () => ({ ...(await readToolchain(path, limitMs)), portage: portageVersion })),
    told(limitMs, () => disksOf(sources)),
    told(limitMs, () => readService(root)),
    told(limitMs, () => readCron(root)),
  ]);
  const parts = { makeProfile, variables, files, repositories, toolchain, disks, service, cron };
  return { drone, profile, agentVersion, ...parts };
}

function missing(): never {
  throw new Error('this drone has no Portage');
}

async function disksOf({ stateDir }: ReportSources): Promise<ReportedDisk[]> {
  const { bavail, blocks, bsize } = await statfs(stateDir);
  return [{ use: 'state', path: stateDir, totalBytes: blocks * bsize, freeBytes: bavail * bsize }];
}
