/** Why a run of emerge failed, as far as its output tells. */
export type FailureClass =
  | 'compile'
  | 'fetch'
  | 'disk-full'
  | 'out-of-memory'
  | 'killed'
  | 'dependency'
  | 'masked'
  | 'use-change'
  | 'slot-conflict'
  | 'circular'
  | 'timeout'
  | 'silence'
  | 'unknown';

/** One entry of `Packages`, keys as Portage writes them. */
export type PackagesEntry = Readonly<Record<string, string>>;

/** A failed run: what happened, in which ebuild phase if that is known, and the end of the log. */
export interface RunFailure {
  readonly kind: 'failed';
  readonly class: FailureClass;
  /** `compile`, `install`, `test`...; absent where no ebuild phase failed. */
  readonly phase?: string;
  /** One line for people. */
  readonly summary: string;
  /** emerge's exit code; 128 + signal if it was killed, -1 if it never started. */
  readonly exitCode: number;
  /** The last 64 KiB of the output, ANSI codes removed. */
  readonly logTail: string;
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

/** How a build ended. */
export type BuildOutcome = BuiltPackage | (RunFailure & { readonly durationMs: number });

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
  | (RunFailure & { readonly durationMs: number });

/** What drives a long run of emerge from outside. */
export interface RunControl {
  /** The whole run, in milliseconds; then SIGTERM, and SIGKILL after the grace. */
  readonly timeoutMs?: number;
  /** Longest time without a byte of output, in milliseconds. */
  readonly silenceMs?: number;
  /** From SIGTERM to SIGKILL, in milliseconds; 10,000 unless given. */
  readonly graceMs?: number;
  /** Every chunk of output as it came, ANSI codes included. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Aborting stops the run as a timeout does; the failure's class is then `killed`. */
  readonly signal?: AbortSignal;
}
