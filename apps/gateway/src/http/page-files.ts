import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** Every file of the dashboard, by the path that it is served at: what is not named here is not served. */
const files = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/dashboard.css': ['dashboard.css', 'text/css; charset=utf-8'],
  '/dashboard.js': ['dashboard.js', 'text/javascript; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const;

/** Reads the dashboard into memory, so that no request ever names a file. */
export async function loadPage(directory: string): Promise<ReadonlyMap<string, PageFile>> {
  const loaded = Object.entries(files).map(async ([path, [name, type]]) => {
    return [path, { type, content: await readFile(join(directory, name)) }] as const;
  });
  return new Map(await Promise.all(loaded));
}
