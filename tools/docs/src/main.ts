import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { architecturePage, sourcePages, stale } from './pages.js';

const GRAPH = '.nx/graph.json';

/** Writes the generated pages; with `--check` it only says which are stale, and fails if any is. */
async function main(root: string, isCheck: boolean): Promise<void> {
  const pages = [...(await sourcePages(root)), await architecturePage(root, join(root, GRAPH))];
  const outdated = await stale(root, pages);
  for (const { path, text } of outdated) {
    if (!isCheck) await writeFile(join(root, path), text);
    process.stdout.write(`${isCheck ? 'stale' : 'written'}: ${path}\n`);
  }
  if (isCheck && outdated.length > 0) {
    process.stdout.write('`npm run docs` writes them.\n');
    process.exitCode = 1;
  }
}

await main(process.cwd(), process.argv.includes('--check'));
