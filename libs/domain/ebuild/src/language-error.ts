import { err, type Result } from '@swarm/kernel';

/** What is malformed in a text of Gentoo's language, and where. */
export interface LanguageError {
  /** Where it starts, counted from 1, in UTF-16 code units of the text. */
  readonly column: number;
  readonly message: string;
}

/** A refusal that points at `column`. */
export function refuse(column: number, message: string): Result<never, LanguageError> {
  return err({ column, message });
}
