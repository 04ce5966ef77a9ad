import type { Prisma } from './generated/prisma/client.js';

/** What no text of Postgres may hold: U+0000, and halves of surrogate pairs. Build logs hold everything. */
const UNSTORABLE = /[\u0000\p{Surrogate}]/gu;
const REPLACEMENT = '\uFFFD';
/** How `JSON.stringify` writes such a character. */
const UNSTORABLE_ESCAPE = /\\u(?:0000|d[89a-f])/;

/** The text with a replacement for each character that Postgres refuses: a strange log must not wedge a job. */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE, REPLACEMENT);
}

/** A value as the text of a JSON parameter. */
export function storableJsonText(value: unknown): string {
  const json = JSON.stringify(value);
  return UNSTORABLE_ESCAPE.test(json) ? JSON.stringify(value, storableStrings) : json;
}

/** A value as a JSON column takes it. */
export function storableJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(storableJsonText(value)) as Prisma.InputJsonValue;
}

function storableStrings(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value;
}
