import { stronglyConnected } from './dependency-graph.js';
import { openCycle } from './open-cycle.js';
import type { PackageGraph } from './package-graph.js';
import type { CycleWorld, StandIn } from './stand-in.js';
import { WaitingGraph } from './waiting-graph.js';

/** A step of the whole plan: a build, or a thing that is usable; of the full package or of its stand-in. */
export interface PlanStep {
  readonly node: number;
  readonly builds: boolean;
  readonly standIn: StandIn | null;
}

/** The whole plan as steps that wait for steps, its cycles opened as far as anything opens them. */
export interface WorkGraph {
  readonly steps: readonly PlanStep[];
  readonly edges: readonly (readonly number[])[];
  /** Groups of nodes whose builds nothing can begin. */
  readonly stuck: readonly (readonly number[])[];
  /** Stand-ins that were chosen, by component. */
  readonly standIns: readonly StandIn[];
}

/** A step of a work graph; throws for one that is not in it. */
export function stepOf({ steps }: WorkGraph, step: number): PlanStep {
  const found = steps[step];
  if (!found) throw new Error(`step ${step} is not in the graph`);
  return found;
}

/**
 * Makes the steps: "build n" waits for "c is usable" of each build dependency, "n is usable" for "build n" and for
 * its run-time dependencies. A component in which a build waits for itself is opened, and gets steps of its own for
 * what is usable inside it, so that nothing outside ever sees a stand-in.
 */
export function workGraph(graph: PackageGraph, world: CycleWorld): WorkGraph {
  const { nodes } = graph;
  const size = nodes.length;
  const steps: PlanStep[] = [];
  const edges: number[][] = [];
  for (let node = 0; node < size; node += 1) {
    steps.push({ node, builds: true, standIn: null });
    edges.push(world.mustBeBuilt(node) ? usable(size, world.build(node)) : []);
  }
  for (let node = 0; node < size; node += 1) {
    steps.push({ node, builds: false, standIn: null });
    const waits = usable(size, world.run(node), world.post(node));
    if (world.mustBeBuilt(node)) waits.push(node);
    edges.push(waits);
  }
  const stuck: (readonly number[])[] = [];
  const standIns: StandIn[] = [];
  for (const group of stronglyConnected(edges)) {
    if (group.length < 2 || !group.some((step) => step < size)) continue;
    const members = [...new Set(group.map((step) => step % size))].sort((a, b) => a - b);
    const opened = openCycle(members, world);
    stuck.push(...opened.stuck);
    standIns.push(...opened.opening.standIns.values());
    const inside = new WaitingGraph(members, world, opened.opening);
    const standInOf = (node: number): StandIn | null => opened.opening.standIns.get(node) ?? null;
    connectInside({ steps, edges, size, world, members, inside, standInOf });
  }
  return { steps, edges, stuck, standIns };
}

/** The steps "c is usable" of some nodes. One list for each of tens of thousands of steps, so nothing is made beside it. */
function usable(size: number, ...lists: readonly (readonly number[])[]): number[] {
  const steps: number[] = [];
  for (const list of lists) for (const child of list) steps.push(size + child);
  return steps;
}

interface Component {
  readonly steps: PlanStep[];
  readonly edges: number[][];
  readonly size: number;
  readonly world: CycleWorld;
  readonly members: readonly number[];
  readonly inside: WaitingGraph;
  readonly standInOf: (node: number) => StandIn | null;
}

/** Puts the steps of an opened component into the plan; full builds keep their numbers. */
function connectInside(component: Component): void {
  const { steps, edges, size, world, members, inside, standInOf } = component;
  const isMember = new Set(members);
  const first = steps.length - members.length;
  const numberOf = (local: number): number =>
    local < members.length ? (members[local] ?? -1) : first + local;
  const outside = (children: readonly number[]): number[] =>
    children.filter((child) => !isMember.has(child)).map((child) => size + child);
  for (const [local, waits] of inside.edges.entries()) {
    const { node, builds, standIn } = inside.step(local);
    const chosen = standIn ? standInOf(node) : null;
    const needs = builds ? (chosen ?? { build: world.build(node) }).build : runNeeds(world, node, chosen);
    const all = [...outside(needs), ...waits.map(numberOf)];
    if (local < members.length) {
      edges[node] = world.mustBeBuilt(node) ? all : [];
      continue;
    }
    steps.push({ node, builds, standIn: chosen });
    edges.push(all);
  }
}

function runNeeds(world: CycleWorld, node: number, standIn: StandIn | null): readonly number[] {
  return standIn ? standIn.run : [...world.run(node), ...world.post(node)];
}
