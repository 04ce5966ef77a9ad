import { randomFaults } from './faults.js';
import { madeGraph } from './made-graph.js';
import { randomOf } from './random.js';
import type { Setting } from './simulate.js';
import { lowerBoundMs, unequalFleet } from './world.js';

/** Faults come in the time that the work would take, and half as long again. */
const FAULT_SPAN = 1.5;
const MAX_PLANS = 3;
const MAX_JOBS = 60;
const MAX_DRONES = 8;

/** A small swarm in trouble, whose every part follows from the seed: for looking for breaches of invariants. */
export function randomSwarm(seed: number): Setting {
  const random = randomOf(seed);
  const graphs = Array.from({ length: 1 + random.below(MAX_PLANS) }, () =>
    madeGraph(1 + random.below(MAX_JOBS), random),
  );
  const fleet = unequalFleet(1 + random.below(MAX_DRONES)).map((drone) => ({
    ...drone,
    slots: 1 + random.below(3),
  }));
  const spanMs = FAULT_SPAN * lowerBoundMs(graphs, fleet);
  const script = randomFaults(
    fleet.map(({ name }) => name),
    spanMs,
    random,
  );
  const knowledge = { sigma: 2 * random.next(), unseen: random.next() };
  return { graphs, fleet, script, knowledge, policy: 'swarm', seed };
}
