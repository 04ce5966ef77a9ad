import type { Configuration } from './configuration.js';

/**
 * The one text of a configuration: JSON without spaces, its keys in order of UTF-16 units, with the fields of
 * `Configuration` and no others. The SHA-256 of its UTF-8 bytes is the configuration's digest, so this format never
 * changes; a field that is added later must be left out of the text where it has its default.
 */
export function canonicalText({ files, makeProfile, world, repositories }: Configuration): string {
  const pins = repositories.map(({ name, source, revision }) => ({ name, source, revision }));
  return textOf({ files, makeProfile, world, repositories: pins });
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  // Not by a sorted object: keys that look like numbers would come first whatever their order.
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${textOf(field)}`).join(',')}}`;
}
