import type { BuildWork, FailureClass } from '@swarm/contracts';
import type { Configuration } from '@swarm/domain-plan';

import type { Missing } from './configuration-source.js';

/** What an attempt is doing, as heartbeats tell it. */
export type WorkPhase =
  'accepted' | 'syncing' | 'waiting' | 'resolving' | 'dependencies' | 'building' | 'uploading' | 'reporting';

export interface ResolveOrder {
  readonly planId: string;
  readonly targets: readonly string[];
}

export interface BuildOrder {
  readonly attemptId: string;
  readonly attempt: number;
  readonly work: BuildWork;
}

/** Why work failed, in the swarm's words. */
export interface WorkFailure {
  readonly kind: 'failed';
  readonly class: FailureClass;
  /** Ebuild phase, where one failed. */
  readonly phase?: string;
  readonly summary: string;
  readonly logTail: string;
}

export type Resolution = { readonly kind: 'resolved'; readonly document: unknown } | WorkFailure;

export interface BuildTimes {
  readonly dependenciesMs: number;
  readonly buildMs: number;
}

/** A finished binary package on this disk. */
export interface BuiltFile {
  readonly kind: 'built';
  readonly file: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export type BuildResult = (BuiltFile | WorkFailure) & BuildTimes;

export interface BuildControl {
  /** Every chunk of output as it came; must not throw. */
  readonly onOutput: (chunk: Uint8Array) => void;
  readonly onPhase: (phase: WorkPhase) => void;
  /** Aborted when the drone must stop now; the build then fails as `killed`. */
  readonly signal: AbortSignal;
}

/** Where work is done, in one configuration. */
export interface Workbench {
  resolve(order: ResolveOrder, signal: AbortSignal): Promise<Resolution>;
  /** Starts from a clean build directory, whatever an earlier try left. */
  build(order: BuildOrder, control: BuildControl): Promise<BuildResult>;
}

/** A configuration, with its identity. */
export interface PinnedConfiguration {
  readonly digest: string;
  readonly configuration: Configuration;
}

/** A workbench in exactly the wanted configuration, or what is missing for one. */
export type Readiness =
  | {
      readonly kind: 'ready';
      readonly bench: Workbench;
      /** To be called when the work is over: until then, nothing of the configuration is removed. */
      readonly done: () => void;
    }
  | Missing;

/** How the machine's own Portage is asked for what it knows. */
export interface OwnPortage {
  /** Holds `etc/portage`. */
  readonly configRoot: string;
  /** Rejects, with what Portage said, where it cannot tell or takes too long. */
  ask(limitMs: number): Promise<{
    readonly variables: Readonly<Record<string, string>>;
    readonly profilePath: string;
    readonly repositories: readonly { readonly name: string; readonly location: string }[];
  }>;
}

/** What does the work: Portage, or a stand-in that takes the time of a trace. By itself: as it is set up. */
export interface Executor extends Workbench {
  readonly kind: 'portage' | 'synthetic';
  /** Version of Portage, or `none`. */
  readonly portageVersion: string;
  /** The machine's own Portage, as it is configured without the swarm; null where there is none. */
  readonly ownPortage: OwnPortage | null;
  /** Made ready once for each configuration; fetches the revisions of repositories that are not here yet. */
  configured(target: PinnedConfiguration, signal: AbortSignal): Promise<Readiness>;
}
