import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The commit of a git checkout, or the time of the last rsync; null where the repository tells neither. */
export async function readRevision(location: string): Promise<string | null> {
  const text = (path: string): Promise<string | undefined> =>
    readFile(join(location, path), 'utf8').then(
      (content) => content.trim(),
      () => undefined,
    );
  const head = await text('.git/HEAD');
  if (head === undefined) return (await text('metadata/timestamp.chk')) ?? null;
  const [, branch] = /^ref: (\S+)$/.exec(head) ?? [];
  if (branch === undefined) return head;
  const loose = await text(`.git/${branch}`);
  if (loose !== undefined) return loose;
  const packed = (await text('.git/packed-refs')) ?? '';
  return (
    packed
      .split('\n')
      .find((line) => line.endsWith(` ${branch}`))
      ?.split(' ')[0] ?? null
  );
}
