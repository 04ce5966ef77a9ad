import { join } from 'node:path';

import { describe } from '@jest/globals';

import { ensurePortage } from './ensure-portage.js';
import type { EbuildRepository } from './machine.model.js';
import type { Portage } from './portage.js';
import { prepareLab } from './prepare-lab.js';

/** The top directory of the project. */
export const workspace = join(import.meta.dirname, '..', '..', '..', '..');

/** The Portage that the tests run, or why there is none. */
export const setup = await ensurePortage({ cacheDir: join(workspace, '.cache') });

/** Skipped by name where there is no Portage. */
export const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;

/** Portage, for what runs inside `describeWithPortage` alone; throws where there is none. */
export function readyPortage(): Portage {
  if (setup.kind !== 'ready') throw new Error(setup.reason);
  return setup.portage;
}

/** Where another lab than the project's is, and where its prepared copy goes. */
export interface OtherLab {
  readonly labDir: string;
  readonly stateDir: string;
}

/** The project's lab unless another one is given, prepared once for all specs. */
export async function preparedLab(
  { labDir, stateDir }: OtherLab = {
    labDir: join(workspace, 'lab'),
    stateDir: join(workspace, '.cache', 'test-lab'),
  },
): Promise<{ readonly portage: Portage; readonly repository: EbuildRepository }> {
  const portage = readyPortage();
  return { portage, repository: await prepareLab({ labDir, stateDir, portage }) };
}
