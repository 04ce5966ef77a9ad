import type { PortageFailureClass } from './outcome.model.js';

/** One sign of a failure. */
export interface FailurePattern {
  readonly class: PortageFailureClass;
  /** Matched against the log without ANSI codes; group 1, where there is one, becomes part of the summary. */
  readonly sign: RegExp;
  /** What a person reads; `$1` is group 1. */
  readonly summary: string;
}

/**
 * The signs of failures in the output of emerge, most telling first: the first that is found decides.
 * A full disk or a killed compiler also ends as "compile phase failed", so causes stand before symptoms.
 * Seen with Portage 3.0.82 and gcc 12.
 */
export const failurePatterns: readonly FailurePattern[] = [
  { class: 'disk-full', sign: /No space left on device|Disk quota exceeded/, summary: 'the disk is full' },
  {
    class: 'out-of-memory',
    sign: /Killed signal terminated program (\S+)/,
    summary: 'the kernel killed $1: out of memory',
  },
  {
    class: 'out-of-memory',
    sign: /virtual memory exhausted|out of memory allocating|Cannot allocate memory|std::bad_alloc|LLVM ERROR: out of memory|JavaScript heap out of memory/,
    summary: 'out of memory',
  },
  {
    class: 'out-of-memory',
    sign: /collect2: fatal error: ld terminated with signal 9|\bld: .*: memory exhausted|rustc.*\(signal: 9, SIGKILL/,
    summary: 'the linker was killed: out of memory',
  },
  {
    class: 'out-of-memory',
    sign: /^(?:\S+: line \d+: +\d+ )?Killed\b/m,
    summary: 'a process of the build was killed: out of memory',
  },
  { class: 'killed', sign: /^Exiting on signal (\d+)/m, summary: 'emerge was stopped by signal $1' },
  {
    class: 'fetch',
    sign: /!!! Couldn't download '([^']+)'/,
    summary: 'could not download $1',
  },
  {
    class: 'fetch',
    sign: /!!! Fetched file: (\S+) VERIFY FAILED!/,
    summary: '$1 has a wrong checksum',
  },
  {
    class: 'fetch',
    sign: /Insufficient data for checksum verification|has fetch restriction turned on|!!! Fetch failed for|Fetch failed for '([^']+)'/,
    summary: 'a source or binary package could not be fetched',
  },
  {
    class: 'fetch',
    sign: /Tried to use non-existent binary|!!! Digest verification failed|!!! Invalid binary package|Error fetching binhost package info/,
    summary: 'a binary package could not be fetched whole',
  },
  {
    class: 'fetch',
    sign: /^[-\d]+ [\d:]+ ERROR (\d+): /m,
    summary: 'a server answered a download with $1',
  },
  {
    class: 'circular',
    sign: /Error: circular dependencies:/,
    summary: 'circular dependencies',
  },
  {
    class: 'slot-conflict',
    sign: /Multiple package instances within a single package slot|!!! The following installed packages? (?:is|are) blocked|slot conflict:/,
    summary: 'two packages want the same slot',
  },
  {
    class: 'slot-conflict',
    sign: /\[blocks B[^\]]*\] *(\S+)|cannot be installed at the same time/,
    summary: 'packages block each other $1',
  },
  {
    class: 'use-change',
    sign: /The following USE changes are necessary to proceed:(?:[^\n]*\n)(?:[ #(][^\n]*\n)*([^\s#][^\n]*)/,
    summary: 'USE must change: $1',
  },
  {
    class: 'use-change',
    sign: /have been masked by: use flag|constraints are unsatisfied:|has unmet requirements/,
    summary: 'the USE flags do not satisfy REQUIRED_USE',
  },
  {
    class: 'masked',
    sign: /All (?:ebuilds|binary packages) that could satisfy "([^"]+)"[^\n]* have been masked/,
    summary: 'every package that satisfies $1 is masked',
  },
  {
    class: 'masked',
    sign: /The following (?:keyword|mask|license) changes are necessary to proceed/,
    summary: 'keywords, masks or licences must change',
  },
  {
    class: 'dependency',
    sign: /there are no (?:ebuilds|binary packages|ebuilds or binary packages)[^"\n]*to satisfy "([^"]+)"/,
    summary: 'nothing satisfies $1',
  },
  {
    class: 'dependency',
    sign: /--buildpkgonly requires all dependencies to be merged/,
    summary: 'build dependencies are not installed',
  },
  {
    class: 'dependency',
    sign: /dropped because it requires (\S+)/,
    summary: 'dropped, because it requires $1',
  },
];

/** The line in which an ebuild phase says that it failed. */
export const PHASE_FAILED = /^ \* ERROR: (\S+?)(?:::\S+)? failed(?: \((\w+) phase\))?:[^\n]*\n \* +([^\n]+)/m;

/** Lines of compilers, linkers and test runners that say most about a failed phase, best first. */
export const tellingLines: readonly RegExp[] = [
  /^\S+:\d+(?::\d+)?: (?:fatal )?error: .+$/m,
  /^.*undefined reference to .+$/m,
  /^.*(?:ld|ld\.\w+): (?:cannot find|error:) .+$/m,
  /^error(?:\[E\d+\])?: .+$/m,
  /^CMake Error.*$/m,
  /^configure: error: .+$/m,
  /^meson\.build:\d+:\d+: ERROR: .+$/m,
  /^(?:make|ninja)(?:\[\d+\])?: (?:\*\*\*|error:) .+$/m,
];
