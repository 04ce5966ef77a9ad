import { stronglyConnected, stronglyConnectedAmong } from './dependency-graph.js';
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
  /** All steps, each after those that it waits for, as far as there is such an order; steps of one loop together. */
  readonly order: Int32Array;
  /** Loops: groups of steps that wait for each other. Only those with a build in them are faults. */
  readonly loops: readonly (readonly number[])[];
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
  const { nodes, components } = graph;
  const size = nodes.length;
  const steps: PlanStep[] = [];
  const edges: (readonly number[])[] = [];
  for (const builds of [true, false]) {
    for (let node = 0; node < size; node += 1) {
      steps.push({ node, builds, standIn: null });
      edges.push(builds ? waitsOfBuild(size, world, node) : waitsOfUse(size, world, node));
    }
  }
  const stuck: (readonly number[])[] = [];
  const standIns: StandIn[] = [];
  for (const component of components) {
    if (component.length < 2) continue;
    for (const group of stronglyConnectedAmong(edges, fullSteps(component, size))) {
      if (group.length < 2 || !group.some((step) => step < size)) continue;
      const members = [...new Set(group.map((step) => step % size))].sort((a, b) => a - b);
      const opened = openCycle(members, world);
      stuck.push(...opened.stuck);
      standIns.push(...opened.opening.standIns.values());
      const inside = new WaitingGraph(members, world, opened.opening);
      const standInOf = (node: number): StandIn | null => opened.opening.standIns.get(node) ?? null;
      connectInside({ steps, edges, size, world, members, inside, standInOf });
    }
  }
  const groups = standIns.every((standIn) => isMilder(standIn, world))
    ? groupsByComponent(graph, steps, edges)
    : stronglyConnected(edges);
  const loops = groups.filter((group) => group.length > 1);
  return { steps, edges, order: Int32Array.from(groups.flat()), loops, stuck, standIns };
}

/** Whether a stand-in needs only what its package needs anyway, so that it is in the order of the packages. */
function isMilder({ node, build, run }: StandIn, world: CycleWorld): boolean {
  const needed = new Set([...world.build(node), ...world.run(node), ...world.post(node)]);
  return build.every((child) => needed.has(child)) && run.every((child) => needed.has(child));
}

/** The steps of the full packages of a component. */
function fullSteps(component: readonly number[], size: number): number[] {
  return [...component, ...component.map((node) => size + node)];
}

/** As `stronglyConnected(edges)`, from the components that are known: a third of the time for a large plan. */
function groupsByComponent(
  { nodes, components }: PackageGraph,
  steps: readonly PlanStep[],
  edges: WorkGraph['edges'],
): (readonly number[])[] {
  const size = nodes.length;
  const inside = new Map<number, number[]>();
  for (let step = 2 * size; step < steps.length; step += 1) {
    const node = steps[step]?.node ?? -1;
    inside.set(node, [...(inside.get(node) ?? []), step]);
  }
  return components.flatMap((component): (readonly number[])[] => {
    const [node = -1] = component;
    if (component.length === 1) return [component, [size + node]];
    const own = [...fullSteps(component, size), ...component.flatMap((member) => inside.get(member) ?? [])];
    return stronglyConnectedAmong(edges, own);
  });
}

const NOTHING: readonly number[] = [];

function waitsOfBuild(size: number, { build, mustBeBuilt }: CycleWorld, node: number): readonly number[] {
  return mustBeBuilt(node) ? build(node).map((child) => size + child) : NOTHING;
}

/** One list for each of tens of thousands of steps, so each is made at its full length. */
function waitsOfUse(size: number, world: CycleWorld, node: number): readonly number[] {
  const [run, post, own] = [world.run(node), world.post(node), world.mustBeBuilt(node) ? 1 : 0];
  const waits = new Array<number>(run.length + post.length + own);
  for (let i = 0; i < run.length; i += 1) waits[i] = size + (run[i] ?? 0);
  for (let i = 0; i < post.length; i += 1) waits[run.length + i] = size + (post[i] ?? 0);
  if (own === 1) waits[run.length + post.length] = node;
  return waits;
}

interface Component {
  readonly steps: PlanStep[];
  readonly edges: (readonly number[])[];
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
