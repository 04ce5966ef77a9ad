import type { FaultScript } from './faults.js';
import type { Random } from './random.js';
import type { Beliefs, CoreRules, SchedulerCore } from './scheduler-core.js';
import type { WorldDrone, WorldGraph } from './world.js';

/** All that decides a simulation; the same input gives the same history. */
export interface SimulationInput {
  readonly graphs: readonly WorldGraph[];
  readonly fleet: readonly WorldDrone[];
  readonly script: FaultScript;
  readonly rules: CoreRules;
  readonly beliefs: Beliefs;
  readonly random: Random;
  /** Events after which it is given up. */
  readonly maxEvents: number;
  readonly makeBoard?: ConstructorParameters<typeof SchedulerCore>[3];
}

/** One bar of the Gantt chart. */
export interface Bar {
  readonly drone: string;
  readonly cpv: string;
  readonly plan: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: 'built' | 'failed' | 'lost';
}

/** What came of it. */
export interface History {
  /** When the last plan had nothing left to do. */
  readonly makespanMs: number;
  /** When each plan had. */
  readonly planEndsMs: readonly number[];
  readonly events: number;
  readonly bars: readonly Bar[];
  readonly violations: readonly string[];
  readonly published: number;
  readonly quarantined: number;
  readonly blocked: number;
  /** Builds that ended well, whether or not they were used. */
  readonly builds: number;
}
