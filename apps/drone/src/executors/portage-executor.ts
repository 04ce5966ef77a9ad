import {
  buildPackage,
  installDependencies,
  type Machine,
  resolvePlan,
  type RunControl,
  type RunFailure,
} from '@swarm/adapter-portage';
import type { BuildWork } from '@swarm/contracts';

import type {
  BuildControl,
  BuildOrder,
  BuildResult,
  Resolution,
  ResolveOrder,
  Workbench,
  WorkFailure,
} from '../ports/executor.js';
import type { Mutex } from './mutex.js';

/** Runs real Portage on a machine of the drone's own, as it is configured. */
export class PortageExecutor implements Workbench {
  constructor(
    private readonly machine: Machine,
    /** One ROOT: what one build installs is there for the next, so they go one after another. */
    private readonly turns: Mutex,
  ) {}

  async resolve({ targets }: ResolveOrder, signal: AbortSignal): Promise<Resolution> {
    const resolution = await resolvePlan(this.machine, { atoms: targets, signal });
    return resolution.kind === 'resolved' ? resolution : workFailureOf(resolution);
  }

  async build(order: BuildOrder, control: BuildControl): Promise<BuildResult> {
    control.onPhase('waiting');
    return this.turns.run(() => this.#build(order.work, control));
  }

  async #build(work: BuildWork, control: BuildControl): Promise<BuildResult> {
    const { cpv, repository, use, makeJobs, silenceMs, timeoutMs } = work;
    if (control.signal.aborted) return stoppedBefore;
    const run: RunControl = {
      silenceMs,
      signal: control.signal,
      onOutput: (chunk) => control.onOutput(chunk),
    };
    control.onPhase('dependencies');
    const dependenciesMs =
      work.dependencies.length === 0 ? 0 : await this.#install(work, { ...run, timeoutMs });
    if (typeof dependenciesMs !== 'number') return dependenciesMs;

    control.onPhase('building');
    const left = Math.max(1, timeoutMs - dependenciesMs);
    const built = await buildPackage(this.machine, {
      ...run,
      cpv,
      repository,
      use,
      makeJobs,
      timeoutMs: left,
    });
    const times = { dependenciesMs, buildMs: built.durationMs };
    if (built.kind === 'failed') return { ...workFailureOf(built), ...times };
    const { file, sha256, sizeBytes } = built;
    return { kind: 'built', file, sha256, sizeBytes, ...times };
  }

  /** How long it took, or why it failed. Never compiles: what is missing in staging is a failure (S34). */
  async #install(work: BuildWork, run: RunControl): Promise<number | BuildResult> {
    const packages = work.dependencies.map(({ cpv, path }) => ({ cpv, path }));
    const installed = await installDependencies(this.machine, {
      ...run,
      packages,
      binhostUrl: work.stagingUrl,
    });
    if (installed.kind === 'installed') return installed.durationMs;
    const failure = workFailureOf(installed);
    // Its ebuild has not been looked at yet, so whatever this was, it was not the package that failed.
    return { ...failure, phase: 'dependencies', dependenciesMs: installed.durationMs, buildMs: 0 };
  }
}

const stoppedBefore: BuildResult = {
  kind: 'failed',
  class: 'killed',
  summary: 'the drone was stopped before the build began',
  logTail: '',
  dependenciesMs: 0,
  buildMs: 0,
};

function workFailureOf({ class: failureClass, phase, summary, logTail }: RunFailure): WorkFailure {
  return { kind: 'failed', class: failureClass, ...(phase !== undefined && { phase }), summary, logTail };
}
