import { packageOf } from '@swarm/domain-ebuild';
import type { BuiltAttempt, OpenJob } from '@swarm/domain-job';
import { DroneSpeeds, DurationModel, meanMs, type Prediction } from '@swarm/domain-scheduling';

import type { SchedulerPorts } from '../scheduler.ports.js';

/** Builds of the history that are looked at, the newest of them. */
const MAX_HISTORY = 5_000;
/** The history is read again after so long. */
const REFRESH_AFTER_MS = 60_000;

interface Learned {
  readonly model: DurationModel;
  readonly speeds: DroneSpeeds;
  readonly builtOn: ReadonlyMap<string, ReadonlySet<string>>;
  readonly overheads: ReadonlyMap<string, number>;
}

/** How long builds take, and how fast drones are: learned from the attempts in the ledger. */
export class BuildTimes {
  #learned: Learned = learn([]);
  #readAt = -Infinity;

  constructor(private readonly ports: Pick<SchedulerPorts, 'jobs' | 'clock'>) {}

  /** True when the history was read again: predictions may be others now. */
  async refresh(): Promise<boolean> {
    const now = this.ports.clock.now().getTime();
    if (now - this.#readAt < REFRESH_AFTER_MS) return false;
    this.#learned = learn(await this.ports.jobs.builtAttempts(MAX_HISTORY));
    this.#readAt = now;
    return true;
  }

  predict({ spec }: OpenJob): Prediction {
    return this.#learned.model.predict(subjectOf(spec));
  }

  speedOf(drone: string, coresPerSlot: number): number {
    return this.#learned.speeds.speedOf(drone, coresPerSlot);
  }

  /** What an attempt there costs beside the build: installing what it needs, and the way to the binhost. */
  overheadMsOf(drone: string): number {
    return this.#learned.overheads.get(drone) ?? 0;
  }

  builtOn({ spec }: OpenJob): ReadonlySet<string> {
    return this.#learned.builtOn.get(packageOf(spec.cpv)) ?? NOWHERE;
  }
}

const NOWHERE: ReadonlySet<string> = new Set();

/** Oldest first, so that what is newer weighs more. Speeds are told apart from packages by what others took for them. */
function learn(history: readonly BuiltAttempt[]): Learned {
  const model = new DurationModel();
  const speeds = new DroneSpeeds();
  const builtOn = new Map<string, Set<string>>();
  const costs = new Map<string, { count: number; sumMs: number }>();
  for (const built of history.toReversed()) {
    const { drone, measured, coresPerSlot } = built;
    const subject = subjectOf(built);
    const known = builtOn.get(subject.name) ?? new Set<string>();
    const isKnownElsewhere = [...known].some((other) => other !== drone);
    if (isKnownElsewhere) speeds.observe(drone, meanMs(model.predict(subject)), measured.buildMs);
    const referenceMs = measured.buildMs * speeds.speedOf(drone, coresPerSlot);
    model.observe({ ...subject, referenceMs });
    builtOn.set(subject.name, known.add(drone));
    const cost = costs.get(drone) ?? { count: 0, sumMs: 0 };
    cost.count += 1;
    cost.sumMs += measured.dependenciesMs + measured.uploadMs;
    costs.set(drone, cost);
  }
  const overheads = new Map([...costs].map(([drone, { count, sumMs }]) => [drone, sumMs / count]));
  return { model, speeds, builtOn, overheads };
}

function subjectOf({
  cpv,
  slot,
  use,
  sizeBytes = null,
}: Pick<OpenJob['spec'], 'cpv' | 'slot' | 'use'> & { readonly sizeBytes?: number | null }): Parameters<
  DurationModel['predict']
>[0] {
  return { name: packageOf(cpv), slot: slot.split('/')[0] ?? slot, use, sizeBytes };
}
