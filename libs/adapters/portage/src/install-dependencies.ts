import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { fetchIndex, forgetCachedIndex } from './binhost-index.js';
import { failedRun } from './failed-run.js';
import { listInstalled } from './installed-packages.js';
import { resetRoot } from './machine.js';
import type { Machine } from './machine.model.js';
import type {
  FailureVerdict,
  InstallOutcome,
  PackagesEntry,
  RunControl,
  RunFailure,
} from './outcome.model.js';
import { buildTimeOf, latestBuilds, printPackagesIndex } from './packages-index.js';
import { runProcess, type ProcessResult } from './run-process.js';

/** One binary of a binhost. */
export interface WantedBinary {
  readonly cpv: string;
  /** Its PATH in the index: there may be several builds of one CPV. The latest build unless given. */
  readonly path?: string | undefined;
}

export interface InstallDependenciesRequest extends RunControl {
  /** Exact packages, each after what it needs itself. */
  readonly packages: readonly WantedBinary[];
  /** The binhost that has all of them. */
  readonly binhostUrl: string;
}

/**
 * Makes the given packages installed, each in exactly the build that is asked for. Never compiles.
 * Those that are there in that very build are kept; one that is there in another build is replaced.
 * If the ROOT is a disposable one and the packages do not go into it, it is emptied and filled again, once.
 */
export async function installDependencies(
  machine: Machine,
  request: InstallDependenciesRequest,
): Promise<InstallOutcome> {
  const { packages, binhostUrl, ...control } = request;
  const started = performance.now();
  const cpvs = [...new Set(packages.map(({ cpv }) => cpv))];
  if (cpvs.length === 0) return { kind: 'installed', installed: [], kept: [], durationMs: 0 };

  let offered: ReadonlyMap<string, PackagesEntry>;
  try {
    offered = chosenBuilds((await fetchIndex(binhostUrl, control.signal)).entries, packages);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return beforeEmerge({ class: 'fetch', summary: `no index from the binhost: ${reason}` }, started);
  }
  const absent = cpvs.filter((cpv) => !offered.has(cpv));
  if (absent.length > 0) {
    return beforeEmerge({ class: 'dependency', summary: `not on the binhost: ${absent.join(' ')}` }, started);
  }

  let wanted: readonly string[] = await missingFrom(machine, cpvs, offered);
  let result = await merge(machine, wanted, { ...control, binhostUrl, offered });
  let left = await missingFrom(machine, cpvs, offered);
  const isStuck = left.length > 0 && result?.stopped === undefined && wanted.length > 0;
  if (isStuck && machine.disposableRoot) {
    // A package of an earlier plan is in the way: another provider of the same files, an older slot.
    await resetRoot(machine);
    wanted = cpvs;
    result = await merge(machine, wanted, { ...control, binhostUrl, offered });
    left = await missingFrom(machine, cpvs, offered);
  }
  if (result && left.length > 0) {
    const verdict: FailureVerdict = { class: 'dependency', summary: `not installed: ${left.join(' ')}` };
    return result.exitCode === 0 ? failedRun(result, verdict) : failedRun(result);
  }
  const installed = new Set(wanted);
  return {
    kind: 'installed',
    installed: [...wanted],
    kept: cpvs.filter((cpv) => !installed.has(cpv)),
    durationMs: Math.round(performance.now() - started),
  };
}

/** One emerge for all: starting it costs as much as installing a package does. */
async function merge(
  machine: Machine,
  cpvs: readonly string[],
  {
    binhostUrl,
    offered,
    ...control
  }: Omit<InstallDependenciesRequest, 'packages'> & { readonly offered: ReadonlyMap<string, PackagesEntry> },
): Promise<ProcessResult | undefined> {
  if (cpvs.length === 0) return undefined;
  const { paths, environment, portage } = machine;
  // Directories of this run's own: no binary of an earlier run can be chosen, no other run be disturbed.
  const run = randomUUID();
  const downloads = join(paths.downloads, run);
  const temporary = join(paths.temporary, `install-${run}`);
  await forgetCachedIndex(machine);
  const exactIndex = join(temporary, 'index');
  for (const path of [downloads, temporary, exactIndex]) await mkdir(path, { recursive: true });
  const entries = cpvs.flatMap((cpv) => {
    const entry = offered.get(cpv);
    return entry === undefined ? [] : [entry];
  });
  await writeFile(join(exactIndex, 'Packages'), indexOf(binhostUrl, entries));
  const result = await runProcess({
    ...control,
    command: [...portage.emerge, ...INSTALL_OPTIONS, ...cpvs.map((cpv) => `=${cpv}`)],
    environment: {
      ...environment,
      PKGDIR: downloads,
      PORTAGE_TMPDIR: temporary,
      PORTAGE_BINHOST: `file://${exactIndex}`,
    },
    workDir: temporary,
  });
  for (const path of [downloads, temporary]) await rm(path, { recursive: true, force: true });
  return result;
}

/** The list is exact and in order, so Portage need not, and must not, look for anything else. */
const INSTALL_OPTIONS = [
  '--ignore-default-opts',
  '--nospinner',
  '--usepkgonly',
  '--getbinpkg',
  '--nodeps',
  '--oneshot',
  '--jobs=1',
];

/** The entries that are asked for, by CPV; none for what the index does not have. */
function chosenBuilds(
  entries: readonly PackagesEntry[],
  packages: readonly WantedBinary[],
): ReadonlyMap<string, PackagesEntry> {
  const latest = latestBuilds(entries);
  const byPath = new Map(entries.map((entry) => [entry['PATH'], entry]));
  const chosen = new Map<string, PackagesEntry>();
  for (const { cpv, path } of packages) {
    const entry = path === undefined ? latest.get(cpv) : byPath.get(path);
    if (entry?.['CPV'] === cpv) chosen.set(cpv, entry);
  }
  return chosen;
}

/**
 * An index with nothing but what is to be installed: of two builds of one CPV, emerge takes the newer one whatever it
 * is asked for (Portage 3.0.82). The files come from the binhost all the same: `URI` says where they are.
 */
function indexOf(binhostUrl: string, entries: readonly PackagesEntry[]): string {
  return printPackagesIndex(
    { TIMESTAMP: String(Math.floor(Date.now() / 1000)), URI: binhostUrl.replace(/\/+$/, '') },
    entries,
  );
}

async function missingFrom(
  machine: Machine,
  cpvs: readonly string[],
  offered: ReadonlyMap<string, PackagesEntry>,
): Promise<string[]> {
  const present = new Map((await listInstalled(machine)).map((found) => [found.cpv, found.buildTime]));
  return cpvs.filter((cpv) => {
    const entry = offered.get(cpv);
    return entry === undefined || present.get(cpv) !== buildTimeOf(entry);
  });
}

function beforeEmerge(verdict: FailureVerdict, started: number): RunFailure {
  return {
    kind: 'failed',
    ...verdict,
    exitCode: -1,
    logTail: verdict.summary,
    durationMs: Math.round(performance.now() - started),
  };
}
