import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Bounds of what a report carries of one directory. */
const MAX_FILES = 1_000;
const MAX_FILE_BYTES = 256 * 1024;
const MAX_BYTES = 2 * 1024 * 1024;

/** The text files below a directory, by their path there. Throws where there are more than a report can carry. */
export async function textFilesBelow(
  directory: string,
  leaveOut: ReadonlySet<string> = new Set(),
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const budget = { files: MAX_FILES, bytes: MAX_BYTES };
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      const name = relative(directory, path);
      if (leaveOut.has(name) || entry.name === '.git') continue;
      if (entry.isDirectory()) await walk(path);
      else await take(path, name);
    }
  };
  const take = async (path: string, name: string): Promise<void> => {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || found.size > MAX_FILE_BYTES) return;
    budget.files -= 1;
    budget.bytes -= found.size;
    if (budget.files < 0 || budget.bytes < 0) {
      throw new Error(`${directory} holds more than ${MAX_FILES} files or ${MAX_BYTES} bytes`);
    }
    const text = await readFile(path, 'utf8');
    if (!text.includes('\0')) files[name] = text;
  };
  await walk(directory);
  return files;
}

/** Names in a directory; none where it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.sort();
}

/** True for a file, a directory or a link, even one that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  const names = await namesIn(join(path, '..'));
  return names.includes(path.split('/').at(-1) ?? '');
}
