import { inspect } from 'node:util';

import { SwarmError } from '@swarm/kernel';
import { z } from 'zod';

const MASK = '[secret]';

/** A value that shows itself to nobody but the code that calls `reveal`: not in logs, JSON, templates or dumps. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Hand it to the one call that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** Schema of a variable that holds a secret of at least `minLength` characters. */
export function secretVariable(minLength = 1): z.ZodType<Secret, string> {
  return z
    .string()
    .min(minLength)
    .transform((value) => new Secret(value));
}

/** Schema of a variable that is `true` or `false` (also `1`, `0`, `yes`, `no`, `on`, `off`). */
export function flagVariable(byDefault: boolean): z.ZodType<boolean> {
  return z.stringbool().default(byDefault);
}

/** Schema of a variable that is a TCP port. */
export function portVariable(byDefault?: number): z.ZodType<number> {
  const port = z.coerce.number().int().min(0).max(65_535);
  return byDefault === undefined ? port : port.default(byDefault);
}

/**
 * Reads the environment of one process through its schema.
 * A variable that is set but empty counts as not set (`NATS_URL=` in a compose file).
 * Throws SWARM_CONFIG that names every mistake at once, by variable; values are never repeated in it.
 */
export function readConfig<S extends z.ZodType>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): z.output<S> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => `  ${mistake(issue, given)}`);
  throw new SwarmError(
    'SWARM_CONFIG',
    [`${name} cannot start: its environment is wrong.`, ...mistakes].join('\n'),
    {
      hint: 'Set the variables named above; .env.example has all of them.',
    },
  );
}

function mistake(issue: z.core.$ZodIssue, given: Readonly<Record<string, unknown>>): string {
  const variable = issue.path.join('.') || 'the environment';
  const [root] = issue.path;
  const isMissing = typeof root === 'string' && !(root in given);
  return `${variable}: ${isMissing ? 'is not set' : issue.message}`;
}
