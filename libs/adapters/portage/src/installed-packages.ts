import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Machine } from './machine.model.js';

/** A package that is installed in a machine's ROOT. */
export interface InstalledPackage {
  readonly cpv: string;
  /** Slot, with its sub-slot if the ebuild gives one. */
  readonly slot: string;
  /** Enabled USE flags, implicit ones included. */
  readonly use: readonly string[];
  readonly repository: string;
  /** Seconds since 1970 at which it was built. */
  readonly buildTime: number;
  /** Number of the build, as its binary had it; empty if it was never a binary. */
  readonly buildId: string;
}

/** Everything that is installed in a machine's ROOT, sorted by CPV. Half-merged packages are left out. */
export async function listInstalled({ paths }: Pick<Machine, 'paths'>): Promise<InstalledPackage[]> {
  const database = join(paths.root, 'var', 'db', 'pkg');
  const categories = await namesIn(database);
  const found = await Promise.all(
    categories.map(async (category) => {
      const packages = await namesIn(join(database, category));
      // Portage works in `-MERGING-` directories until a package is wholly there.
      const whole = packages.filter((pf) => !pf.startsWith('-'));
      return Promise.all(whole.map((pf) => readInstalled(join(database, category, pf), `${category}/${pf}`)));
    }),
  );
  return found.flat().sort((a, b) => (a.cpv < b.cpv ? -1 : 1));
}

async function readInstalled(directory: string, cpv: string): Promise<InstalledPackage> {
  const value = async (key: string): Promise<string> =>
    readFile(join(directory, key), 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const [slot, use, repository, buildTime, buildId] = await Promise.all(
    ['SLOT', 'USE', 'repository', 'BUILD_TIME', 'BUILD_ID'].map(value),
  );
  return {
    cpv,
    slot: slot ?? '',
    use: (use ?? '').split(/\s+/).filter((flag) => flag !== ''),
    repository: repository ?? '',
    buildTime: Number(buildTime ?? 0),
    buildId: buildId ?? '',
  };
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
