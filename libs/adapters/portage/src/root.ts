import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const WORLD_FILE = join('var', 'lib', 'portage', 'world');
const WORLD_SETS_FILE = join('var', 'lib', 'portage', 'world_sets');

/** What the user of a machine asked for. */
export interface WorldFiles {
  readonly atoms: readonly string[];
  /** With their `@`. */
  readonly sets: readonly string[];
}

/** Makes a directory a ROOT with this world; keeps what is installed in it. */
export async function makeRoot(root: string, { atoms, sets }: WorldFiles): Promise<void> {
  await mkdir(join(root, 'usr'), { recursive: true });
  await writeWhole(join(root, WORLD_FILE), linesOf(atoms));
  await writeWhole(join(root, WORLD_SETS_FILE), linesOf(sets));
}

/** Removes everything but the world. */
export async function emptyRoot(root: string): Promise<void> {
  const [atoms, sets] = await Promise.all(
    [WORLD_FILE, WORLD_SETS_FILE].map((file) => readLines(join(root, file))),
  );
  for (const entry of await readdir(root)) await rm(join(root, entry), { recursive: true, force: true });
  await makeRoot(root, { atoms: atoms ?? [], sets: sets ?? [] });
}

/** A plan may be reading the file just now. */
async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text);
  await rename(draft, file);
}

function linesOf(entries: readonly string[]): string {
  return [...entries]
    .sort()
    .map((entry) => `${entry}\n`)
    .join('');
}

async function readLines(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}
