/** One mistake in a configuration. */
export interface ConfigurationError {
  /** Where: `files["package.use"]`, `world[3]`, `repositories[0].revision`. */
  readonly field: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** Takes down one mistake. */
export type Report = (field: string, message: string) => void;

/** Longest piece of a wrong value that an error repeats, in characters. */
const MAX_QUOTED = 80;

/** A wrong value for a message, cut where it is long. */
export function quoted(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? 'nothing' : describe(value);
  const text = JSON.stringify(value);
  return text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED)}…`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'null' : `a value of type ${typeof value}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
