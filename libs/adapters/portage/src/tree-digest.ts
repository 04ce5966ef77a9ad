import { createHash, type Hash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Entries of one tree; Gentoo's own has about 200,000. */
export const TREE_ENTRIES_MAX = 2_000_000;
/** Files that are read at once. */
const READS_AT_ONCE = 16;
/** Any of these bits makes a file a program. */
const EXECUTABLE_BITS = 0o111;

/**
 * What is no content of a tree of ebuilds, by its path in it: git's own bookkeeping, and Portage's metadata cache,
 * which is made from the rest. Portage checks every entry of that cache against the ebuild and its eclasses.
 */
export const outsideTree: readonly string[] = ['.git', 'metadata/md5-cache'];

/** One file or symbolic link of a tree. */
export interface TreeEntry {
  /** Relative to the tree, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'link';
}

/**
 * SHA-256, in hex, over the names, contents, link targets and executable bits of everything below a directory.
 * It does not depend on where the directory is, on times, owners, or the order in which names are listed.
 * Directories count by what is in them, as in git: an empty one makes no difference. `outsideTree` is left out.
 * Rejects where something cannot be read, and for what is neither a file, a directory nor a link.
 */
export async function treeDigest(directory: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await listTree(directory);
  for (let i = 0; i < entries.length; i += READS_AT_ONCE) {
    const some = entries.slice(i, i + READS_AT_ONCE);
    const lines = await Promise.all(some.map((entry) => describeEntry(directory, entry)));
    for (const line of lines) hash.update(line);
  }
  return hash.digest('hex');
}

/** Everything of a tree, sorted by path. */
export async function listTree(directory: string): Promise<readonly TreeEntry[]> {
  const found: TreeEntry[] = [];
  const waiting = [''];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (outsideTree.includes(path)) continue;
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) found.push({ path, kind: 'file' });
      else if (entry.isSymbolicLink()) found.push({ path, kind: 'link' });
      else throw new Error(`${join(directory, path)} is neither a file, a directory nor a link`);
      if (found.length > TREE_ENTRIES_MAX)
        throw new Error(`${directory} has more than ${TREE_ENTRIES_MAX} files`);
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Every part ends where its length or a NUL says, so that no two trees have the same text. */
async function describeEntry(directory: string, { path, kind }: TreeEntry): Promise<string> {
  const whole = join(directory, path);
  if (kind === 'link')
    return `l ${sha256()
      .update(await readlink(whole))
      .digest('hex')} ${path}\0`;
  const [{ mode }, content] = await Promise.all([lstat(whole), readFile(whole)]);
  const letter = (mode & EXECUTABLE_BITS) === 0 ? 'f' : 'x';
  return `${letter} ${sha256().update(content).digest('hex')} ${path}\0`;
}

function sha256(): Hash {
  return createHash('sha256');
}
