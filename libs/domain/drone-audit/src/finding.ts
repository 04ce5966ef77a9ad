/** A difference in what binaries are made of is an error; other drift is a warning. */
export type AuditSeverity = 'error' | 'warning';

/** One thing about a machine that a person may want to mend. */
export interface AuditFinding {
  readonly severity: AuditSeverity;
  /** What it is about: `CFLAGS`, `package.use`, `cron`. */
  readonly subject: string;
  /** One sentence. */
  readonly text: string;
  /** What only this machine has. */
  readonly here: readonly string[];
  /** What it lacks. */
  readonly there: readonly string[];
  /** How to mend it, in one sentence. */
  readonly remedy: string;
}

/** A finding without sides. */
export function plainFinding(
  severity: AuditSeverity,
  { subject, text, remedy }: Pick<AuditFinding, 'subject' | 'text' | 'remedy'>,
): AuditFinding {
  return { severity, subject, text, here: [], there: [], remedy };
}
