import { compile, type TopLevelSpec } from 'vega-lite';
import { parse, View } from 'vega';

import type { Bar } from './history-of-swarm.js';

const MS_PER_MINUTE = 60_000;
const ROW_PIXELS = 14;
const WIDTH_PIXELS = 1200;

/** Who built what, and when, as an SVG picture: a row for each drone, a bar for each attempt. */
export async function ganttSvg(
  bars: readonly Bar[],
  drones: readonly string[],
  title: string,
): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title,
    width: WIDTH_PIXELS,
    height: Math.max(4, drones.length) * ROW_PIXELS,
    data: {
      values: bars.map(({ drone, cpv, startMs, endMs, outcome }) => ({
        ...{ drone, cpv, outcome },
        start: startMs / MS_PER_MINUTE,
        end: endMs / MS_PER_MINUTE,
      })),
    },
    mark: { type: 'bar', stroke: 'white', strokeWidth: 0.3 },
    encoding: {
      x: { field: 'start', type: 'quantitative', title: 'minutes' },
      x2: { field: 'end' },
      y: { field: 'drone', type: 'nominal', sort: [...drones], title: null },
      color: {
        field: 'outcome',
        type: 'nominal',
        scale: { domain: ['built', 'failed', 'lost'], range: ['#4c78a8', '#e45756', '#bab0ac'] },
      },
      tooltip: { field: 'cpv', type: 'nominal' },
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
