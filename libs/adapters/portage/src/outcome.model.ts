import { failureClasses, type FailureClass } from '@swarm/contracts';

/**
 * Why a run of emerge failed, as far as its output tells. `upload` is no class of Portage's: it is the drone's way to
 * the binhost that fails so, after emerge is done.
 */
export type PortageFailureClass = Exclude<FailureClass, 'upload'>;
export const portageFailureClasses: readonly PortageFailureClass[] = failureClasses.filter(
  (each) => each !== 'upload',
);

/** One entry of `Packages`, or its header: keys as Portage writes them. */
export type PackagesEntry = Readonly<Record<string, string>>;

/** What a log says of a failure. */
export interface FailureVerdict {
  readonly class: PortageFailureClass;
  /** `compile`, `install`, `test`...; absent where no ebuild phase failed. */
  readonly phase?: string;
  /** One line for people, at most 300 characters. */
  readonly summary: string;
}

/** A failed run: what happened, and the end of the log. */
export interface RunFailure extends FailureVerdict {
  readonly kind: 'failed';
  /** emerge's exit code; 128 + signal if it was killed, -1 if it never started. */
  readonly exitCode: number;
  /** The last 16 KiB of the output at most, ANSI codes removed. */
  readonly logTail: string;
  readonly durationMs: number;
}

/** A package was built: the file, and the index entry that describes it. */
export interface BuiltPackage {
  readonly kind: 'built';
  readonly cpv: string;
  /** Absolute path of the binary package. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly packagesEntry: PackagesEntry;
  readonly durationMs: number;
}

export type BuildOutcome = BuiltPackage | RunFailure;

/** How an installation of binaries ended. */
export type InstallOutcome =
  | {
      readonly kind: 'installed';
      /** CPVs merged by this call. */
      readonly installed: readonly string[];
      /** CPVs that were there already, from the same build. */
      readonly kept: readonly string[];
      readonly durationMs: number;
    }
  | RunFailure;

/** What limits and observes a long run of emerge. */
export interface RunControl {
  /** The whole run, in milliseconds; then SIGTERM, and SIGKILL after the grace. No limit unless given. */
  readonly timeoutMs?: number;
  /** Longest time without a byte of output, in milliseconds. No limit unless given. */
  readonly silenceMs?: number;
  /** From SIGTERM to SIGKILL, in milliseconds. Default 10,000. */
  readonly graceMs?: number;
  /** Every chunk of output as it came, ANSI codes included. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Aborting stops the run as a timeout does; the failure's class is then `killed`. */
  readonly signal?: AbortSignal;
}
