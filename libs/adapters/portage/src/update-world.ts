import { forgetCachedIndex } from './binhost-index.js';
import { failedRun } from './failed-run.js';
import { listInstalled } from './installed-packages.js';
import type { Machine } from './machine.model.js';
import type { RunControl, RunFailure } from './outcome.model.js';
import { runProcess } from './run-process.js';

export interface UpdateWorldRequest extends RunControl {
  readonly binhostUrl: string;
  /** Only show what would be done. */
  readonly pretend?: boolean;
  /** Packages merged at once; default 1. */
  readonly jobs?: number;
}

/** A command to run, or to show to a person. */
export interface EmergeCommand {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** How an update of @world ended. */
export type WorldUpdate =
  | {
      readonly kind: 'updated';
      readonly argv: readonly string[];
      /** CPVs that are installed now and were not before, or in another build. Empty after a pretence. */
      readonly installed: readonly string[];
      /** The end of emerge's output. */
      readonly output: string;
      readonly durationMs: number;
    }
  | (RunFailure & { readonly argv: readonly string[] });

/** The one command that brings a workstation up to date from a binhost, and never compiles. */
export function updateWorldCommand(
  machine: Machine,
  { binhostUrl, pretend = false, jobs = 1 }: Pick<UpdateWorldRequest, 'binhostUrl' | 'pretend' | 'jobs'>,
): EmergeCommand {
  return {
    argv: [
      ...machine.portage.emerge,
      '--usepkg',
      '--usepkgonly',
      '--getbinpkg',
      '--update',
      '--deep',
      '--nospinner',
      ...(jobs > 1 ? [`--jobs=${jobs}`] : []),
      ...(pretend ? ['--pretend', '--verbose'] : []),
      '@world',
    ],
    environment: { ...machine.environment, PKGDIR: machine.paths.downloads, PORTAGE_BINHOST: binhostUrl },
  };
}

/** Runs that command. */
export async function updateWorld(machine: Machine, request: UpdateWorldRequest): Promise<WorldUpdate> {
  const { argv, environment } = updateWorldCommand(machine, request);
  const { binhostUrl: _binhostUrl, pretend: _pretend, jobs: _jobs, ...control } = request;
  await forgetCachedIndex(machine);
  const before = await buildsOf(machine);
  const result = await runProcess({
    ...control,
    command: argv,
    environment,
    workDir: machine.paths.temporary,
  });
  if (result.exitCode !== 0) return { ...failedRun(result), argv };
  const after = await buildsOf(machine);
  const installed = [...after].filter(([cpv, build]) => before.get(cpv) !== build).map(([cpv]) => cpv);
  return { kind: 'updated', argv, installed, output: result.tail, durationMs: result.durationMs };
}

async function buildsOf(machine: Machine): Promise<ReadonlyMap<string, number>> {
  return new Map((await listInstalled(machine)).map(({ cpv, buildTime }) => [cpv, buildTime]));
}
