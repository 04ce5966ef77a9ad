import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { lifecyclesPage } from './lifecycles.js';
import { between } from './markdown.js';
import { messagesPage } from './messages.js';
import { painsPage } from './pains.js';
import { ProjectGraph, projectGraph } from './project-graph.js';
import { testTitles, type TestTitle } from './test-titles.js';

/** A generated page: where it stands in the repository, and what it must say. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

const ARCHITECTURE = 'docs/architecture.md';
const SOURCES = ['apps', 'libs', 'tools'];
const HAS_TESTS = /\.(?:spec|contract)\.ts$/;

/** The pages that follow from the sources alone. */
export async function sourcePages(root: string): Promise<readonly Page[]> {
  return [
    { path: 'docs/lifecycles.md', text: lifecyclesPage() },
    { path: 'docs/messages.md', text: messagesPage() },
    { path: 'docs/pains.md', text: painsPage(await testsIn(root)) },
  ];
}

/** The page on the architecture with the project graph renewed; `graphFile` comes from `nx graph --file`. */
export async function architecturePage(root: string, graphFile: string): Promise<Page> {
  const graph = ProjectGraph.parse(JSON.parse(await readFile(graphFile, 'utf8')));
  const text = between(
    await readFile(join(root, ARCHITECTURE), 'utf8'),
    'project-graph',
    projectGraph(graph),
  );
  return { path: ARCHITECTURE, text };
}

/** Those that are not in the repository as they must be. */
export async function stale(root: string, pages: readonly Page[]): Promise<readonly Page[]> {
  const present = await Promise.all(
    pages.map(({ path }) => readFile(join(root, path), 'utf8').catch(() => undefined)),
  );
  return pages.filter(({ text }, i) => present[i] !== text);
}

/** Every test of the repository, in the order of their files. */
export async function testsIn(root: string): Promise<readonly TestTitle[]> {
  const listed = await Promise.all(
    SOURCES.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((path) => join(folder, path)),
    ),
  );
  const files = listed
    .flat()
    .filter((path) => HAS_TESTS.test(path))
    .sort((a, b) => (a < b ? -1 : 1));
  const titles = await Promise.all(
    files.map(async (path) => testTitles(path, await readFile(join(root, path), 'utf8'))),
  );
  return titles.flat();
}
