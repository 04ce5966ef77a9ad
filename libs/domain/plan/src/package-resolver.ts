import type { Cpv } from '@swarm/domain-ebuild';

import { keyText, type BuildInputs, type RevisionPolicy } from './build-inputs.js';
import { chooseBuilds, type Choice, type ReuseRules } from './chosen-builds.js';
import { cycleWorld } from './cycle-world.js';
import { stronglyConnectedAmong } from './dependency-graph.js';
import type { Finding } from './finding.js';
import { findingsOf } from './plan-findings.js';
import { knownBuilds, type KnownBuild } from './known-build.js';
import { nodeOf, packageGraph, type PackageGraph } from './package-graph.js';
import type { PlanDocument, PlannedPackage, PlanRoot } from './plan-document.js';
import { schedule, type Scheduled } from './schedule-steps.js';
import { stepOf, workGraph, type WorkGraph } from './work-graph.js';

/** Something that must be installed before a build. */
export interface Need {
  readonly buildKey: string;
  readonly root: PlanRoot;
}

/** A package of a plan that must be built, and what must be there before. */
export interface PlannedJob {
  readonly cpv: Cpv;
  /** Slot with sub-slot. */
  readonly slot: string;
  readonly use: readonly string[];
  readonly repository: string;
  /** See `BuildInputs`. */
  readonly buildKey: string;
  readonly inputs: BuildInputs;
  /** A stage-1 build, which opens a cycle and never reaches a release (S11). */
  readonly bootstrap: boolean;
  /** Why it is built, e.g. `USE changed: +x` or `sub-slot of dev-libs/icu 70 → 71`. */
  readonly why: string;
  /** Each after what it needs itself. Put together when asked for: a large plan has millions of them in all. */
  readonly needs: readonly Need[];
  /** Jobs on the longest chain of dependents that starts here, this one included. */
  readonly criticalPath: number;
  readonly synthetic: PlannedPackage['synthetic'] | null;
}

export interface JobGraph {
  /** In an order in which each comes after all that it needs. */
  readonly jobs: readonly PlannedJob[];
  /** Packages that need no build, because the binhost has one of the same inputs. */
  readonly alreadyBuilt: readonly Cpv[];
  /** Every package that is or can be built, with its key; what a release consists of. No stage-1 builds. */
  readonly members: readonly { readonly cpv: Cpv; readonly buildKey: string }[];
  readonly findings: readonly Finding[];
}

/** What the resolver asks of its caller. */
export interface ResolverPorts {
  /** Makes a short key of all the inputs of a build; a cryptographic hash, in hex. */
  readonly digest: (inputs: string) => string;
  /** What the binhost has of the packages of the plan, newest first. */
  readonly known: readonly KnownBuild[];
  /** Default `dependencies`. */
  readonly policy?: RevisionPolicy;
  /** See `ReuseRules`; by default nothing is known of ABIs. */
  readonly abiChange?: ReuseRules['abiChange'];
  /** What one build costs, in any unit: the cheapest package of a cycle is built twice. Default 1 for each. */
  readonly costOf?: (cpv: Cpv) => number;
}

/**
 * From what Portage resolved to what must be built. Pure.
 * A build waits for its build-time dependencies and for all that those need at run time; its own run-time
 * dependencies need not be there. Cycles are opened (see `openCycle`); what cannot be built is left out with a finding
 * that names the cause, and everything else is planned.
 */
export function resolvePlan(document: PlanDocument, ports: ResolverPorts): JobGraph {
  const { digest, policy = 'dependencies', abiChange = () => undefined, costOf = () => 1 } = ports;
  const graph = packageGraph(document);
  const { nodes } = graph;
  const known = knownBuilds(ports.known);
  const choices = chooseBuilds(graph, librariesFirst(graph), { known, policy, digest, abiChange });
  const mustBeBuilt = (node: number): boolean => choices[node]?.why !== '';
  const world = cycleWorld({
    graph,
    mustBeBuilt,
    known,
    costOf: (node) => costOf(nodeOf(graph, node).cpv),
  });
  const work = workGraph(graph, world);
  const impossible = unbuildable(graph, document);
  const bootstrapKey = (inputs: BuildInputs): string => digest(keyText(inputs, policy, true));
  const scheduled = schedule(work, {
    size: nodes.length,
    mustBeBuilt,
    impossible,
    isBuilt: (inputs) => known.byKey.has(bootstrapKey(inputs)),
  });
  const members = nodes.flatMap(({ cpv }, i) =>
    scheduled.leftOut.has(i) ? [] : [{ cpv, buildKey: choices[i]?.buildKey ?? '' }],
  );
  return {
    jobs: jobsOf(scheduled, { graph, work, choices, bootstrapKey }),
    alreadyBuilt: nodes.filter((_node, i) => !mustBeBuilt(i) && !impossible.has(i)).map(({ cpv }) => cpv),
    members,
    findings: findingsOf({ document, graph, work, scheduled, digest }),
  };
}

/** An order in which what a slot operator binds to comes first, as far as there is one. */
function librariesFirst({ nodes, components }: PackageGraph): number[] {
  const bound = nodes.map((node) => node.bound);
  return components.flatMap((component) =>
    component.length === 1 ? component : stronglyConnectedAmong(bound, component).flat(),
  );
}

/** Nodes that are in the document only under assumptions that nobody made true. */
function unbuildable({ nodes }: PackageGraph, { problems }: PlanDocument): ReadonlySet<number> {
  const named = new Set(
    problems.filter(({ kind }) => kind !== 'circular').flatMap(({ packages }) => packages),
  );
  if (named.size === 0) return new Set();
  return new Set(nodes.flatMap(({ cpv }, i) => (named.has(cpv) ? [i] : [])));
}

interface Planning {
  readonly graph: PackageGraph;
  readonly work: WorkGraph;
  readonly choices: readonly Choice[];
  readonly bootstrapKey: (inputs: BuildInputs) => string;
}

function jobsOf(scheduled: Scheduled, planning: Planning): PlannedJob[] {
  const { graph, work, choices, bootstrapKey } = planning;
  // One object for each thing that is needed, made when a job first asks: it stands in the lists of hundreds of jobs.
  const needAt = new Map<number, Need>();
  const needOf = (step: number): Need => {
    const known = needAt.get(step);
    if (known) return known;
    const { node, standIn } = stepOf(work, step);
    const full = choices[node]?.buildKey ?? '';
    const buildKey = standIn ? (standIn.buildKey ?? bootstrapKey(standIn.inputs)) : full;
    const need: Need = { buildKey, root: 'target' };
    needAt.set(step, need);
    return need;
  };
  const needsOf = (step: number): readonly Need[] => scheduled.needsOf(step).map(needOf);
  return scheduled.jobs.map(({ step, criticalPath }) => {
    const { node, standIn } = stepOf(work, step);
    const found = nodeOf(graph, node);
    const inputs = standIn?.inputs ?? found.inputs;
    const others = standIn ? membersBeside(work, node, graph) : '';
    const made = {
      inputs,
      buildKey: standIn ? bootstrapKey(inputs) : (choices[node]?.buildKey ?? ''),
      bootstrap: standIn !== null,
      why: standIn
        ? `stage 1 with USE ${standIn.flips.join(' ')}, to open the cycle${others}`
        : (choices[node]?.why ?? ''),
      criticalPath,
      synthetic: found.package.synthetic ?? null,
    };
    return new GraphJob(made, () => needsOf(step));
  });
}

/** A class, because tens of thousands of objects with a getter of their own are slow to make. */
class GraphJob implements PlannedJob {
  readonly cpv: Cpv;
  readonly slot: string;
  readonly use: readonly string[];
  readonly repository: string;
  readonly buildKey: string;
  readonly inputs: BuildInputs;
  readonly bootstrap: boolean;
  readonly why: string;
  readonly criticalPath: number;
  readonly synthetic: PlannedJob['synthetic'];
  readonly #needs: () => readonly Need[];

  constructor(
    made: Pick<PlannedJob, 'inputs' | 'buildKey' | 'bootstrap' | 'why' | 'criticalPath' | 'synthetic'>,
    needs: () => readonly Need[],
  ) {
    const { inputs } = made;
    this.cpv = inputs.cpv;
    this.slot = inputs.slot;
    this.use = inputs.use;
    this.repository = inputs.repository;
    this.buildKey = made.buildKey;
    this.inputs = inputs;
    this.bootstrap = made.bootstrap;
    this.why = made.why;
    this.criticalPath = made.criticalPath;
    this.synthetic = made.synthetic;
    this.#needs = needs;
  }

  get needs(): readonly Need[] {
    return this.#needs();
  }
}

/** Who is built with the stage-1 build of a node. */
function membersBeside(work: WorkGraph, node: number, { nodes }: PackageGraph): string {
  const at = work.steps.findIndex(
    ({ node: of, standIn, builds }) => of === node && standIn !== null && !builds,
  );
  const users = work.steps.flatMap(({ node: of, builds }, step) =>
    builds && (work.edges[step] ?? []).includes(at) ? [nodes[of]?.cpv ?? ''] : [],
  );
  const names = [...new Set(users)].slice(0, 3);
  return names.length === 0 ? '' : ` with ${names.join(', ')}`;
}
