import { WhyAnswered, WhyAsked, type MessageBus } from '@swarm/contracts';
import type { Drone, DroneRepository } from '@swarm/domain-drone';
import type { JobRepository } from '@swarm/domain-job';
import {
  amissOf,
  seenSince,
  stillMs,
  type HeldWork,
  type MaintenanceRepository,
  type OverdueSchedule,
  type SweepFacts,
  type SweepLooks,
  type SweepPolicy,
  type WatchedLeader,
  type WatchedPlan,
  type WatchedWork,
} from '@swarm/domain-maintenance';
import type { PlanRepository } from '@swarm/domain-plan';
import type { ArtifactRepository } from '@swarm/domain-release';
import { alarmsOf, dueOccurrences, type Calendar, type ScheduleRepository } from '@swarm/domain-schedule';
import { isPaused, type PauseRepository } from '@swarm/domain-scheduling';
import { err, ok, type Clock, type Result } from '@swarm/kernel';

/** Services that must be led. The monitor leads where it sweeps. */
const LED_SERVICES = ['scheduler', 'healer', 'binhost'] as const;
/** One question to NATS. */
const NATS_LIMIT_MS = 2_000;
/** How long the scheduler may take to find the reason of a plan that stands still, and of how many it is asked. */
const WHY_LIMIT_MS = 5_000;
const MAX_WHYS = 3;

/** What a sweep looks at. */
export interface SweepSources {
  readonly drones: Pick<DroneRepository, 'all'>;
  readonly jobs: Pick<JobRepository, 'openAttempts'>;
  readonly plans: Pick<PlanRepository<never>, 'open'>;
  readonly pauses: Pick<PauseRepository, 'open'>;
  readonly schedules: Pick<ScheduleRepository, 'all'>;
  readonly artifacts: Pick<ArtifactRepository, 'unpublished'>;
  readonly maintenance: MaintenanceRepository;
  readonly bus: Pick<MessageBus, 'ping' | 'holding' | 'request'>;
  readonly calendar: Calendar;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly policy: SweepPolicy;
}

/** Looks at everything, each thing by itself: what cannot be read does not hide the rest (S31). */
export class SweepLook {
  /** Since when things are seen that may last a moment; forgotten on restart, which only delays. */
  #amissSince: ReadonlyMap<string, Date> = new Map();
  #freeSince: ReadonlyMap<string, Date> = new Map();
  /** When a plan was last seen at work or paused. */
  #busyAt: ReadonlyMap<string, Date> = new Map();

  constructor(private readonly from: SweepSources) {}

  async all(): Promise<SweepLooks> {
    const { drones, pauses, artifacts, maintenance, bus } = this.from;
    const fleet = async (): Promise<readonly Drone[]> => (await drones.all()).map(({ value }) => value);
    return {
      drones: await looked(fleet),
      clocks: await looked(fleet),
      work: await looked(async () => this.#work(await fleet())),
      schedules: await looked(() => this.#schedules()),
      pauses: await looked(() => pauses.open()),
      staging: await looked(() => artifacts.unpublished()),
      plans: await looked(async () => this.#plans(await fleet())),
      outbox: await looked(() => maintenance.outboxLag()),
      'dead-letters': await looked(() => bus.holding('DEAD', NATS_LIMIT_MS)),
      nats: ok(await this.#nats()),
      disk: await looked(() => maintenance.disks()),
      leaders: await looked(() => this.#leaders()),
    };
  }

  async #work(fleet: readonly Drone[]): Promise<readonly WatchedWork[]> {
    const { jobs, plans, clock, policy } = this.from;
    const now = clock.now();
    const byName = new Map(fleet.map((drone) => [drone.name, drone]));
    const builds = (await jobs.openAttempts()).map(({ id, drone, offeredAt }): HeldWork => {
      return { attemptId: id, drone, since: offeredAt };
    });
    const resolving = (await plans.open()).flatMap(({ value }) => value.resolving ?? []);
    const held = [...builds, ...resolving].map((work) => {
      const amiss = amissOf(work, byName.get(work.drone), { now, liveness: policy.liveness });
      return { attemptId: work.attemptId, drone: work.drone, since: work.since, amiss };
    });
    const wrong = held.filter(({ amiss }) => amiss !== undefined).map(({ attemptId }) => attemptId);
    this.#amissSince = seenSince(this.#amissSince, wrong, now);
    return held.map(({ amiss = '', ...work }) => {
      return { ...work, amiss, amissSince: this.#amissSince.get(work.attemptId) ?? null };
    });
  }

  async #schedules(): Promise<readonly OverdueSchedule[]> {
    const { schedules, calendar, clock } = this.from;
    const now = clock.now();
    return (await schedules.all()).map(({ value }) => {
      const isUnreadable = value.enabled && !calendar.check(value).ok;
      const due = isUnreadable ? [] : dueOccurrences(value, calendar, now).occurrences;
      const overdue = alarmsOf(value, due, now).map(({ at }) => at);
      return { schedule: value.name, overdue, isUnreadable };
    });
  }

  async #plans(fleet: readonly Drone[]): Promise<readonly WatchedPlan[]> {
    const { maintenance, pauses, clock, policy } = this.from;
    const now = clock.now();
    const open = await pauses.open();
    const plans = await maintenance.planProgress();
    const busy = plans.filter((plan) => plan.inWork > 0 || plan.isBeingResolved || isPaused(open, plan, now));
    const idle = plans.filter((plan) => !busy.includes(plan) && this.#busyAt.has(plan.id));
    this.#busyAt = new Map([
      ...idle.map(({ id }) => [id, this.#busyAt.get(id) ?? now] as const),
      ...busy.map(({ id }) => [id, now] as const),
    ]);
    const seen = plans.map((plan): WatchedPlan => {
      const ready = fleet.filter((each) => isReady(each) && each.capabilities.profile === plan.profile);
      return { ...plan, busyAt: this.#busyAt.get(plan.id) ?? null, dronesReady: ready.length, why: null };
    });
    const still = seen.filter((plan) => stillMs(plan, now) >= policy.stillWarningMs).slice(0, MAX_WHYS);
    const whys = new Map<string, string | null>();
    for (const plan of still) whys.set(plan.id, await this.#why(plan));
    return seen.map((plan) => ({ ...plan, why: whys.get(plan.id) ?? null }));
  }

  /** The reason that the scheduler has, with what would change it (Q11). */
  async #why({ id, example, profile }: WatchedPlan): Promise<string | null> {
    if (example === null) return null;
    const question = { requestId: this.from.newId(), atom: `=${example}`, profile };
    const answered = await this.from.bus
      .request(WhyAsked, question, WhyAnswered, WHY_LIMIT_MS)
      .catch(() => undefined);
    const answer = answered?.answers.find(({ plan }) => plan === id);
    if (!answer) return null;
    return answer.unblocks === '' ? answer.sentence : `${answer.sentence}; ${answer.unblocks}`;
  }

  async #nats(): Promise<SweepFacts['nats']> {
    return this.from.bus.ping(NATS_LIMIT_MS).then(
      () => ({ failure: null }),
      (error: unknown) => ({ failure: reasonOf(error) }),
    );
  }

  async #leaders(): Promise<readonly WatchedLeader[]> {
    const now = this.from.clock.now();
    const leaders = await this.from.maintenance.leaders(LED_SERVICES);
    const free = leaders.filter(({ isHeld }) => !isHeld).map(({ service }) => service);
    this.#freeSince = seenSince(this.#freeSince, free, now);
    return leaders.map((each) => ({ ...each, freeSince: this.#freeSince.get(each.service) ?? null }));
  }
}

/** Drones that work is given to, if they have room. */
function isReady({ state }: Drone): boolean {
  return state === 'online' || state === 'probation';
}

async function looked<T>(look: () => Promise<T>): Promise<Result<T, string>> {
  try {
    return ok(await look());
  } catch (error) {
    return err(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
