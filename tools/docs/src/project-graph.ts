import { z } from 'zod';

import { code, mermaid, paragraphs, table } from './markdown.js';

/** What we read of the file that `nx graph --file` writes. */
export const ProjectGraph = z.object({
  graph: z.object({
    nodes: z.record(
      z.string(),
      z.object({ data: z.object({ root: z.string(), tags: z.array(z.string()) }) }),
    ),
    dependencies: z.record(z.string(), z.array(z.object({ target: z.string() }))),
  }),
});
export type ProjectGraph = z.output<typeof ProjectGraph>;

interface Project {
  readonly name: string;
  readonly root: string;
  readonly layer: string;
  readonly scope: string;
  readonly dependsOn: readonly string[];
}

/** From the outside in; a layer that is not named here comes last. */
const LAYERS = [
  'e2e',
  'app',
  'tool',
  'bench',
  'composition',
  'adapter',
  'platform',
  'contract',
  'domain',
  'testing',
  'kernel',
];
/** Nearly everything uses these: their edges would hide the others in the picture. */
const LEFT_OUT = ['kernel', 'platform', 'testing'];

/** The project graph as a picture, grouped by layer, and as a table without anything left out. */
export function projectGraph(document: ProjectGraph): string {
  const projects = projectsOf(document);
  if (projects.every(({ dependsOn }) => dependsOn.length === 0)) {
    throw new Error(
      'the project graph has no edges: nx.json must say "pluginsConfig": { "@nx/js": { "analyzeSourceFiles": true } }',
    );
  }
  const layers = [...new Set(projects.map(({ layer }) => layer))].sort((a, b) => rank(a) - rank(b));
  const drawn = projects.filter(({ layer }) => !LEFT_OUT.includes(layer));
  const isDrawn = new Set(drawn.map(({ name }) => name));
  return paragraphs(
    mermaid([
      'flowchart LR',
      ...layers.filter((layer) => !LEFT_OUT.includes(layer)).flatMap((layer) => box(layer, drawn)),
      ...drawn.flatMap(({ name, dependsOn }) =>
        dependsOn.filter((target) => isDrawn.has(target)).map((target) => `  ${name} --> ${target}`),
      ),
    ]),
    'Left out of the picture: `kernel` and `platform`, which nearly everything uses, and `testing`, which only specs use.\nImports of specs count here: a service that names `adapter-memory` uses it in tests.',
    table(
      ['project', 'layer', 'scope', 'folder', 'depends on'],
      layers.flatMap((layer) =>
        projects
          .filter((project) => project.layer === layer)
          .map(({ name, scope, root, dependsOn }) => [
            code(name),
            layer,
            scope,
            code(root),
            dependsOn.map(code).join(', '),
          ]),
      ),
    ),
  ).trimEnd();
}

function box(layer: string, projects: readonly Project[]): string[] {
  const names = projects.filter((project) => project.layer === layer).map(({ name }) => `    ${name}`);
  return [`  subgraph layer-${layer} [${layer}]`, ...names, '  end'];
}

function projectsOf({ graph }: ProjectGraph): Project[] {
  return Object.entries(graph.nodes)
    .filter(([, { data }]) => data.tags.length > 0)
    .map(([name, { data }]) => ({
      name,
      root: data.root,
      layer: tag(data.tags, 'type'),
      scope: tag(data.tags, 'scope'),
      dependsOn: [...new Set((graph.dependencies[name] ?? []).map(({ target }) => target))]
        .filter((target) => target in graph.nodes)
        .sort(byText),
    }))
    .sort((a, b) => byText(a.name, b.name));
}

function tag(tags: readonly string[], kind: string): string {
  return tags.find((text) => text.startsWith(`${kind}:`))?.slice(kind.length + 1) ?? 'none';
}

function rank(layer: string): number {
  const at = LAYERS.indexOf(layer);
  return at < 0 ? LAYERS.length : at;
}

/** By code point, on every machine alike. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
