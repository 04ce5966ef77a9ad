import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
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
import { buildTimeOf, latestBuilds } from './packages-index.js';
import { runProcess, type ProcessResult } from './run-process.js';

export interface InstallDependenciesRequest extends RunControl {
  /** Exact packages, each after what it needs itself. */
  readonly cpvs: readonly string[];
  /** The binhost that has all of them. */
  readonly binhostUrl: string;
}

/**
 * Makes the given packages installed, each in the build that the binhost has now. Never compiles.
 * Those that are there in that very build are kept; a package that was rebuilt since is replaced.
 * If the ROOT is a disposable one and the packages do not go into it, it is emptied and filled again, once.
 */
export async function installDependencies(
  machine: Machine,
  request: InstallDependenciesRequest,
): Promise<InstallOutcome> {
  const { cpvs, binhostUrl, ...control } = request;
  const started = performance.now();
  if (cpvs.length === 0) return { kind: 'installed', installed: [], kept: [], durationMs: 0 };

  let offered: ReadonlyMap<string, PackagesEntry>;
  try {
    offered = latestBuilds((await fetchIndex(binhostUrl, control.signal)).entries);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return beforeEmerge({ class: 'fetch', summary: `no index from the binhost: ${reason}` }, started);
  }
  const absent = cpvs.filter((cpv) => !offered.has(cpv));
  if (absent.length > 0) {
    return beforeEmerge({ class: 'dependency', summary: `not on the binhost: ${absent.join(' ')}` }, started);
  }

  let wanted: readonly string[] = await missingFrom(machine, cpvs, offered);
  let result = await merge(machine, wanted, { ...control, binhostUrl });
  let left = await missingFrom(machine, cpvs, offered);
  const isStuck = left.length > 0 && result?.stopped === undefined && wanted.length > 0;
  if (isStuck && machine.disposableRoot) {
    // A package of an earlier plan is in the way: another provider of the same files, an older slot.
    await resetRoot(machine);
    wanted = cpvs;
    result = await merge(machine, wanted, { ...control, binhostUrl });
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
  { binhostUrl, ...control }: Omit<InstallDependenciesRequest, 'cpvs'>,
): Promise<ProcessResult | undefined> {
  if (cpvs.length === 0) return undefined;
  const { paths, environment, portage } = machine;
  // Directories of this run's own: no binary of an earlier run can be chosen, no other run be disturbed.
  const run = randomUUID();
  const downloads = join(paths.downloads, run);
  const temporary = join(paths.temporary, `install-${run}`);
  await forgetCachedIndex(machine);
  for (const path of [downloads, temporary]) await mkdir(path, { recursive: true });
  const result = await runProcess({
    ...control,
    command: [...portage.emerge, ...INSTALL_OPTIONS, ...cpvs.map((cpv) => `=${cpv}`)],
    environment: {
      ...environment,
      PKGDIR: downloads,
      PORTAGE_TMPDIR: temporary,
      PORTAGE_BINHOST: binhostUrl,
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
