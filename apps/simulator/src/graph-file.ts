import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

import { packageOf, parseCpv } from '@swarm/domain-ebuild';
import { SwarmError } from '@swarm/kernel';
import { z } from 'zod';

import type { WorldGraph, WorldJob } from './world.js';

const GraphFile = z.object({
  nodes: z.array(
    z.object({
      cpv: z.string(),
      slot: z.string().default('0'),
      use: z.array(z.string()).default([]),
      size: z.number().positive().nullish(),
      est_seconds: z.number().positive(),
    }),
  ),
  edges: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      type: z.enum(['DEPEND', 'BDEPEND', 'RDEPEND', 'PDEPEND', 'IDEPEND']),
      cycle_break: z.unknown().optional(),
    }),
  ),
});
type GraphFile = z.infer<typeof GraphFile>;

/**
 * `build`: a build waits for what it needs to be built. `closure`: and for all that those need at run time, as the
 * swarm does it.
 */
export type Needs = 'build' | 'closure';

/** Reads a graph (JSON, gzipped or not). Edges marked `cycle_break` are those that staged builds would open. */
export async function readGraph(path: string, needs: Needs): Promise<WorldGraph> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new SwarmError('SWARM_USAGE', `--graph: cannot read ${path}`, { cause: error });
  });
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const parsed = GraphFile.safeParse(JSON.parse((isZipped ? gunzipSync(bytes) : bytes).toString('utf8')));
  if (!parsed.success) {
    throw new SwarmError('SWARM_USAGE', `--graph: ${path}: ${z.prettifyError(parsed.error)}`);
  }
  return graphOf(parsed.data, needs);
}

function graphOf({ nodes, edges }: GraphFile, needs: Needs): WorldGraph {
  const placeOf = new Map(nodes.map(({ cpv }, place) => [cpv, place]));
  const build = nodes.map(() => new Set<number>());
  const run = nodes.map(() => new Set<number>());
  for (const { from, to, type, cycle_break: isBroken } of edges) {
    const [parent, child] = [placeOf.get(from), placeOf.get(to)];
    if (parent === undefined || child === undefined || parent === child || isBroken !== undefined) continue;
    if (type === 'DEPEND' || type === 'BDEPEND') build[parent]?.add(child);
    if (type === 'RDEPEND') run[parent]?.add(child);
  }
  const waits = needs === 'build' ? build : build.map((direct) => closureOf(direct, run));
  const order = ordered(waits);
  const rank = new Map(order.map((place, at) => [place, at]));
  return order.flatMap((place): WorldJob[] => {
    const node = nodes[place];
    if (!node) return [];
    const parsed = parseCpv(node.cpv);
    const name = parsed.ok ? packageOf(parsed.value.cpv) : node.cpv;
    return [
      {
        ...{ cpv: node.cpv, name, slot: node.slot, use: node.use, sizeBytes: node.size ?? null },
        trueMs: node.est_seconds * 1000,
        waits: [...(waits[place] ?? [])].flatMap((wait) => rank.get(wait) ?? []),
      },
    ];
  });
}

function closureOf(direct: ReadonlySet<number>, run: readonly ReadonlySet<number>[]): Set<number> {
  const found = new Set(direct);
  // A set is walked in the order in which it grows.
  for (const place of found) for (const next of run[place] ?? []) found.add(next);
  return found;
}

/** Places in an order in which each comes after what it waits for. */
function ordered(waits: readonly ReadonlySet<number>[]): number[] {
  const unmet = waits.map(({ size }) => size);
  const dependents = waits.map((): number[] => []);
  for (const [place, needs] of waits.entries()) for (const need of needs) dependents[need]?.push(place);
  const order = unmet.flatMap((count, place) => (count === 0 ? [place] : []));
  for (const place of order) {
    for (const dependent of dependents[place] ?? []) {
      unmet[dependent] = (unmet[dependent] ?? 0) - 1;
      if (unmet[dependent] === 0) order.push(dependent);
    }
  }
  if (order.length < waits.length) {
    throw new SwarmError('SWARM_USAGE', `--graph: ${waits.length - order.length} packages need each other`);
  }
  return order;
}
