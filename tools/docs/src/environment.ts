import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A variable in a schema of an application's `config.ts`. */
const FIELD = /^\s+(?<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): (?<schema>.*)$/gm;

/** The variables that each application reads, from the schema in its `src/config.ts`. */
export async function environments(root: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const apps = await readdir(join(root, 'apps'));
  const read = await Promise.all(
    apps.map(async (app) => {
      const source = await readFile(join(root, 'apps', app, 'src', 'config.ts'), 'utf8').catch(() => '');
      return [app, new Set([...source.matchAll(FIELD)].map(({ groups }) => groups?.['name'] ?? ''))] as const;
    }),
  );
  return new Map(read.filter(([, names]) => names.size > 0));
}

/** The variables that a file like `.env.example` has, set or commented out. */
export function variablesIn(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^#? ?(?<name>[A-Z][A-Z0-9_]+)=/gm)].map(({ groups }) => groups?.['name'] ?? ''),
  );
}
