/** What emerge's output says about why it ended as it did. */
export interface OutputFindings {
  /** True when a line says that the network, or the server, failed: another try may succeed. */
  readonly isNetworkFailure: boolean;
  /** What the update cannot have, in plain words. */
  readonly missing: readonly string[];
}

/** What Portage 3.0.82, Python 3.11 and wget 1.21 print when the way to the binhost fails. */
const NETWORK: readonly RegExp[] = [
  /Error fetching binhost package info from/,
  /<urlopen error /,
  /HTTP Error 50[0234]/,
  /ERROR 50[0234]:/,
  /unable to resolve host address/,
  /Temporary failure in name resolution/,
  /Connection (?:refused|reset by peer|timed out)/,
  /Connection closed at byte \d+\. Giving up/,
  /Network is unreachable/,
  /No route to host/,
  // The compressed index was cut off in the middle.
  /EOFError: Compressed file ended before/,
];

interface Rule {
  readonly pattern: RegExp;
  readonly say: (groups: Readonly<Record<string, string>>) => string;
}

const MISSING: readonly Rule[] = [
  {
    pattern: /there are no binary packages to satisfy "(?<atom>[^"]+)"/,
    say: ({ atom }) => `the binhost has no package for ${atom}`,
  },
  {
    pattern: /^- (?<cpv>\S+) \(masked by: (?<why>.+)\)/,
    say: ({ cpv, why }) => `${cpv} is there but masked: ${why}`,
  },
  {
    pattern: /^\s*!!! Digest verification failed/i,
    say: () => 'a downloaded package is not what the index promises; the binhost may just have changed',
  },
  {
    pattern: /^>>> Failed to emerge (?<cpv>[^\s,]+)/,
    say: ({ cpv }) => `${cpv} could not be installed`,
  },
  {
    pattern: /The following USE changes are necessary to proceed/,
    say: () => 'some packages were built with other USE flags than this machine wants (see the lines above)',
  },
];

/** Reads the output of one run. Pure. */
export function readOutput(output: string): OutputFindings {
  const lines = output.split('\n');
  const missing = lines.flatMap((line) =>
    MISSING.flatMap(({ pattern, say }) => {
      const found = pattern.exec(line);
      return found ? [say({ ...found.groups })] : [];
    }),
  );
  return {
    isNetworkFailure: lines.some((line) => NETWORK.some((pattern) => pattern.test(line))),
    missing: [...new Set(missing)],
  };
}
