import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@swarm/testing';

import { between, table } from './markdown.js';
import { sourcePages, stale, testsIn } from './pages.js';
import { idsIn, pains } from './pains.js';
import { ProjectGraph, projectGraph } from './project-graph.js';
import { testTitles } from './test-titles.js';

const root = repositoryRoot();

describe('the generated pages', () => {
  it('are what the sources say; `npm run docs` writes them', async () => {
    expect((await stale(root, await sourcePages(root))).map(({ path }) => path)).toEqual([]);
  });

  it('are stale when a word of them is changed', async () => {
    const [first] = await sourcePages(root);
    if (!first) throw new Error('there are no pages');
    expect(await stale(root, [{ ...first, text: `${first.text} ` }])).toHaveLength(1);
  });

  it('know every id that a test names', async () => {
    const named = (await testsIn(root)).flatMap(({ own }) => idsIn(own));
    expect(named.filter((id) => !(id in pains))).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });
});

describe('the titles of tests', () => {
  it('are found with those of the groups around them, however the group is called', () => {
    const source = `
      describeIf(true)('a drone', () => {
        it.each([1])('is lost (S3)', () => {});
        it(\`has \${name} twice\`, async () => {});
        expect('no title');
      });`;
    expect(testTitles('x.spec.ts', source).map(({ full }) => full)).toEqual([
      'a drone',
      'a drone is lost (S3)',
      'a drone has … twice',
    ]);
  });

  it('name ids only as whole words', () => {
    expect(idsIn('S7, Q22: a drone of SHA256 and S700')).toEqual(['S7', 'Q22']);
  });
});

describe('the project graph', () => {
  const graph = ProjectGraph.parse({
    graph: {
      nodes: {
        app: { data: { root: 'apps/app', tags: ['type:app', 'scope:cli'] } },
        port: { data: { root: 'libs/port', tags: ['type:domain', 'scope:shared'] } },
        kernel: { data: { root: 'libs/kernel', tags: ['type:kernel', 'scope:shared'] } },
      },
      dependencies: {
        app: [{ target: 'port' }, { target: 'kernel' }, { target: 'npm:zod' }],
        port: [],
        kernel: [],
      },
    },
  });

  it('draws the layers and their edges, and leaves the kernel to the table', () => {
    const text = projectGraph(graph);
    expect(text).toContain('  app --> port\n');
    expect(text).not.toContain('--> kernel');
    expect(text).toContain('| `app` | app | cli | `apps/app` | `kernel`, `port` |');
  });
});

describe('a project graph without edges', () => {
  it('is refused: Nx did not read the imports', () => {
    const node = { data: { root: 'libs/kernel', tags: ['type:kernel', 'scope:shared'] } };
    const graph = ProjectGraph.parse({ graph: { nodes: { kernel: node }, dependencies: { kernel: [] } } });
    expect(() => projectGraph(graph)).toThrow('no edges');
  });
});

describe('a page', () => {
  it('keeps what stands around its marks', () => {
    const page = 'before\n<!-- x:begin (written by `npm run docs`) -->\nold\n<!-- x:end -->\nafter\n';
    const renewed = between(page, 'x', 'new');
    expect(renewed).toMatch(/^before\n/);
    expect(renewed).toMatch(/after\n$/);
    expect(renewed).not.toContain('old');
    expect(between(renewed, 'x', 'new')).toBe(renewed);
  });

  it('without marks is refused', () => {
    expect(() => between('nothing here', 'x', 'new')).toThrow('no marks');
  });

  it('has tables whose cells cannot break them', () => {
    expect(table(['a'], [['b|c']])).toBe('| a |\n|---|\n| b\\|c |');
  });
});
