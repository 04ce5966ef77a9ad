import { packageOf } from '@swarm/domain-ebuild';
import type { OpenJob } from '@swarm/domain-job';

import type { FaultScript } from './faults.js';
import { noisyHistory, type Knowledge } from './history.js';
import { policies, swarmRules, type PolicyName } from './policies.js';
import { randomOf } from './random.js';
import type { History, SimulationInput } from './history-of-swarm.js';
import { Simulation } from './simulation.js';
import type { WorldDrone, WorldGraph } from './world.js';

export interface Setting {
  readonly graphs: readonly WorldGraph[];
  readonly fleet: readonly WorldDrone[];
  readonly script: FaultScript;
  readonly knowledge: Knowledge;
  readonly policy: PolicyName;
  readonly seed: number;
  readonly maxEvents?: number;
  /** Faulty parts, for tests that show that they are found out. */
  readonly planted?: Partial<Pick<SimulationInput, 'rules' | 'makeBoard'>>;
}

const MAX_EVENTS = 10_000_000;

/** Plays one setting. What the scheduler knows of times is noise over the truth; the speeds it has measured. */
export function simulate(setting: Setting): History {
  const { graphs, fleet, script, knowledge, policy, seed, maxEvents = MAX_EVENTS } = setting;
  const random = randomOf(seed);
  const model = noisyHistory(graphs, knowledge, random);
  const sizes = new Map(graphs.flat().map(({ cpv, sizeBytes }) => [cpv, sizeBytes]));
  const predict = ({ spec }: OpenJob): ReturnType<typeof model.predict> => {
    const { cpv, slot, use } = spec;
    const subject = { name: packageOf(cpv), slot, use };
    // The textbook's list knows nothing of sizes, nor of how sure it is.
    return policy === 'swarm'
      ? model.predict({ ...subject, sizeBytes: sizes.get(cpv) ?? null })
      : { ...model.predict({ ...subject, sizeBytes: null }), sigma: 0.1 };
  };
  const speeds = new Map(fleet.map(({ name, speed }) => [name, speed]));
  return new Simulation({
    ...{ graphs, fleet, script, random, maxEvents },
    rules: { ...swarmRules, place: policies[policy] },
    beliefs: { predict, speedOf: (drone) => speeds.get(drone) ?? 1 },
    ...setting.planted,
  }).run();
}
