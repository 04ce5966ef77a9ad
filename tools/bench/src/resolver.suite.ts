import { hash } from 'node:crypto';

import { alg, Graph } from '@dagrejs/graphlib';
import { PLAN_SCHEMA, PlanDocument as ReadDocument } from '@swarm/contracts';
import { resolvePlan, type PlanDocument } from '@swarm/domain-plan';

import { compare, type Result } from './results.js';
import { worldOf } from './world.js';

const SEED = 20_261_125;
const BYTES_PER_MIB = 1024 * 1024;

const digest = (text: string): string => hash('sha256', text);

/**
 * From the shim's document to a job graph. The peer does the part of it that a graph library has: it reads the same
 * build-time edges, finds the strongly connected components, and sorts what is acyclic. It knows nothing of USE,
 * of what is built already, or of what each job needs.
 */
export function resolverSuite(runs: number): readonly Result[] {
  const small = worldOf({ seed: SEED, packages: 476, edges: 2138, cycle: 0 });
  const large = worldOf({ seed: SEED, packages: 20_000, edges: 100_000, cycle: 300 });
  const json = JSON.stringify({
    ...small,
    schema: PLAN_SCHEMA.name,
    schemaVersion: PLAN_SCHEMA.version,
    portage: 'bench',
    ok: true,
  });
  const plan = (document: PlanDocument): ReturnType<typeof resolvePlan> =>
    resolvePlan(document, { digest, known: [] });
  const known = plan(small).jobs.map(({ buildKey, inputs, needs, bootstrap }) => {
    return { buildKey, inputs, bootstrap, needs: needs.map((need) => need.buildKey) };
  });
  const peer = (document: PlanDocument): { name: string; run: () => unknown } => {
    return { name: '@dagrejs/graphlib', run: () => peerOrder(document) };
  };
  return [
    compare('476 packages, 2,138 edges', runs, { own: () => plan(small), peer: peer(small) }),
    compare('the same, read from JSON and checked', runs, {
      own: () => plan(ReadDocument.parse(JSON.parse(json))),
    }),
    compare('the same, all of it built already', runs, { own: () => resolvePlan(small, { digest, known }) }),
    compare('20,000 packages, 100,000 edges, a cycle of 300', runs, {
      own: () => plan(large),
      peer: peer(large),
    }),
    ...heapOf('20,000 packages: heap of the job graph', large),
    stagesOf('20,000 packages: stage-1 builds that open the cycle', large),
  ];
}

/** Order of the acyclic part, after the cycles are known. */
function peerOrder({ packages, edges }: PlanDocument): number {
  const graph = new Graph({ directed: true });
  for (const i of packages.keys()) graph.setNode(String(i));
  for (const { parent, child, kinds } of edges) {
    if (kinds.some((kind) => kind.startsWith('buildtime'))) graph.setEdge(String(parent), String(child));
  }
  for (const group of alg.tarjan(graph))
    if (group.length > 1) for (const node of group) graph.removeNode(node);
  return alg.topsort(graph).length;
}

function heapOf(name: string, document: PlanDocument): Result[] {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const graph = resolvePlan(document, { digest, known: [] });
  globalThis.gc?.();
  const value = (process.memoryUsage().heapUsed - before) / BYTES_PER_MIB;
  const jobs = graph.jobs.length;
  return [
    { name, value, unit: 'MiB', runs: 1, min: value, max: value },
    { name: '20,000 packages: jobs', value: jobs, unit: 'jobs', runs: 1, min: jobs, max: jobs },
  ];
}

function stagesOf(name: string, document: PlanDocument): Result {
  const graph = resolvePlan(document, { digest, known: [] });
  const value = graph.jobs.filter(({ bootstrap }) => bootstrap).length;
  return { name, value, unit: 'jobs', runs: 1, min: value, max: value };
}
