import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where the shim may lie, seen from a directory above this code: in the source tree, or beside a bundle. */
const PLACES = [
  join('libs', 'adapters', 'portage', 'shim', 'plan.py'),
  join('assets', 'plan.py'),
  join('shim', 'plan.py'),
];

/** Absolute path of the resolver shim; rejects if this installation lacks it. */
export async function findShim(from = import.meta.dirname): Promise<string> {
  for (let directory = from; ; directory = dirname(directory)) {
    for (const place of PLACES) {
      const candidate = join(directory, place);
      const there = await access(candidate).then(
        () => true,
        () => false,
      );
      if (there) return candidate;
    }
    if (dirname(directory) === directory) throw new Error(`plan.py is in no directory above ${from}`);
  }
}
