import { isActive } from './run.lifecycle.js';
import type { RunState, ScheduleRun } from './run.js';
import { alarmsOf, isMissed, isPaused, type Due, type Occurrence } from './occurrences.js';
import { MAX_CATCH_UP_RUNS, MAX_QUEUED_RUNS, type Schedule } from './schedule.js';

/** A run of this schedule that is not over. */
export type OpenRun = Pick<ScheduleRun, 'id' | 'state' | 'occurrence' | 'startedAt'>;

/** What goes on record for one or several occurrences. */
export interface SettledRecord {
  readonly occurrence: Date;
  readonly firstOccurrence: Date;
  readonly covers: number;
  readonly verdict:
    | { readonly kind: 'start' }
    | { readonly kind: 'queue'; readonly why: string }
    | { readonly kind: 'skipped' | 'missed'; readonly why: string };
}

/** What must be stored together for a schedule now. */
export interface Firing {
  /** In order; together they stand for every occurrence that came due, each once. */
  readonly records: readonly SettledRecord[];
  /** Runs that a newer one replaces. */
  readonly replaced: readonly string[];
  /** Missed occurrences that an alarm is raised for. */
  readonly alarms: readonly Occurrence[];
  readonly settledUntil: Date;
}

/** Several occurrences that one record stands for; never empty. */
interface Group {
  readonly first: Occurrence;
  readonly last: Occurrence;
  readonly covers: number;
  /** One of several runs that make up for missed ones: it waits for its turn whatever the overlap policy. */
  readonly inTurn: boolean;
}

/** What a schedule is judged by beside itself. */
export interface FiringFacts {
  readonly due: Due;
  readonly open: readonly OpenRun[];
  /** Occurrences that are on record already: after the clock went back, they come due again. */
  readonly known: ReadonlySet<number>;
}

/** What a schedule does about the occurrences that are due. Undefined when there is nothing to store. Pure. */
export function decideFiring(schedule: Schedule, facts: FiringFacts, now: Date): Firing | undefined {
  // The clock went back: what lies ahead is looked at again, and what is known of it does not fire again.
  if (schedule.settledUntil > now) return { records: [], replaced: [], alarms: [], settledUntil: now };
  const { due, open, known } = facts;
  // Where more is to come, only what is long past is settled; the next look decides what still fires.
  const looked = due.isComplete ? due.occurrences : due.occurrences.filter((each) => isMissed(each, now));
  const settledUntil = looked.at(-1)?.at;
  if (settledUntil === undefined) return undefined;

  const fresh = looked.filter(({ at }) => !known.has(at.getTime()));
  const paused = fresh.filter((each) => isPaused(schedule, each));
  const awake = fresh.filter((each) => !isPaused(schedule, each));
  const missed = awake.filter((each) => isMissed(each, now));
  const onTime = awake.filter((each) => !isMissed(each, now));
  const { lost, fires } = due.isComplete ? caughtUp(schedule, missed, onTime) : { lost: missed, fires: [] };
  const admitted = admit(schedule, fires, open);
  return {
    records: [
      ...pauseRecords(schedule, paused),
      ...lostRecords(schedule, lost, due.isComplete),
      ...admitted.records,
    ],
    replaced: admitted.replaced,
    alarms: alarmsOf(schedule, missed, now),
    settledUntil,
  };
}

/** Divides what was missed by the catch-up policy: what only goes on record, and what fires. */
function caughtUp(
  { catchUp }: Schedule,
  missed: readonly Occurrence[],
  onTime: readonly Occurrence[],
): { readonly lost: readonly Occurrence[]; readonly fires: readonly Group[] } {
  const alone = (each: Occurrence, inTurn: boolean): Group => ({
    first: each,
    last: each,
    covers: 1,
    inTurn,
  });
  const punctual = onTime.map((each) => alone(each, false));
  switch (catchUp) {
    case 'none':
      return { lost: missed, fires: punctual };
    case 'all': {
      const made = missed.slice(-MAX_CATCH_UP_RUNS).map((each) => alone(each, true));
      return { lost: missed.slice(0, -MAX_CATCH_UP_RUNS), fires: [...made, ...punctual] };
    }
    case 'one': {
      const [first] = missed;
      if (first === undefined) return { lost: [], fires: punctual };
      // A run that begins now anyway is the one that makes up for them.
      const last = onTime.at(-1) ?? missed.at(-1) ?? first;
      const covers = missed.length + onTime.length;
      return { lost: [], fires: [{ first, last, covers, inTurn: false }] };
    }
  }
}

/** Applies the overlap policy to what fires, in order, each seeing what the ones before it became. */
function admit(
  { overlap }: Schedule,
  fires: readonly Group[],
  open: readonly OpenRun[],
): { readonly records: readonly SettledRecord[]; readonly replaced: readonly string[] } {
  let records: readonly SettledRecord[] = [];
  let replaced: readonly string[] = [];
  let ahead: readonly { readonly state: RunState; readonly name: string }[] = open
    .filter(({ state }) => state === 'queued' || isActive(state))
    .map((run) => ({ state: run.state, name: nameOf(run) }));
  for (const group of fires) {
    const { kind, why } = verdictOf(group, overlap, ahead);
    const name = `the run of ${group.last.at.toISOString()}`;
    if (kind === 'replace') {
      replaced = replaceable(open);
      records = records.map((record) => replacedBy(record, name));
      ahead = [];
    }
    if (kind === 'replace' || kind === 'start') ahead = [...ahead, { state: 'syncing', name }];
    if (kind === 'queue') ahead = [...ahead, { state: 'queued', name }];
    const verdict = kind === 'replace' || kind === 'start' ? { kind: 'start' as const } : { kind, why };
    records = [...records, { ...spanOf(group), verdict }];
  }
  return { records, replaced };
}

/** A run that would begin with this very look and is replaced in it never begins. */
function replacedBy(record: SettledRecord, name: string): SettledRecord {
  const { kind } = record.verdict;
  if (kind !== 'start' && kind !== 'queue') return record;
  return { ...record, verdict: { kind: 'skipped', why: `${name} replaces it` } };
}

function verdictOf(
  { inTurn }: Pick<Group, 'inTurn'>,
  overlap: Schedule['overlap'],
  ahead: readonly { readonly state: RunState; readonly name: string }[],
): { readonly kind: 'start' | 'queue' | 'skipped' | 'replace'; readonly why: string } {
  const [first] = ahead;
  if (first === undefined) return { kind: 'start', why: '' };
  const why = `${first.name} is still ${first.state}`;
  if (overlap === 'replace' && !inTurn) return { kind: 'replace', why };
  if (overlap === 'skip' && !inTurn) return { kind: 'skipped', why };
  const queued = ahead.filter(({ state }) => state === 'queued').length;
  return queued < MAX_QUEUED_RUNS
    ? { kind: 'queue', why: `waits: ${why}` }
    : { kind: 'skipped', why: `${queued} runs wait already, and ${why}` };
}

function pauseRecords({ pause }: Schedule, paused: readonly Occurrence[]): readonly SettledRecord[] {
  if (pause === null) return [];
  const { until, author, reason } = pause;
  return recordOf(paused, {
    kind: 'skipped',
    why: `paused until ${until.toISOString()} by ${author}: ${reason}`,
  });
}

function lostRecords(
  { catchUp }: Schedule,
  lost: readonly Occurrence[],
  isComplete: boolean,
): readonly SettledRecord[] {
  const policy =
    catchUp === 'all' ? `only the last ${MAX_CATCH_UP_RUNS} are made up for` : 'none is made up for';
  const why = isComplete ? policy : 'there are too many to make up for each';
  return recordOf(lost, { kind: 'missed', why: `no scheduler fired it in time; ${why}` });
}

function recordOf(
  occurrences: readonly Occurrence[],
  verdict: SettledRecord['verdict'],
): readonly SettledRecord[] {
  const [first, last] = [occurrences[0], occurrences.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [{ ...spanOf({ first, last, covers: occurrences.length, inTurn: false }), verdict }];
}

function spanOf({ first, last, covers }: Group): Omit<SettledRecord, 'verdict'> {
  return { occurrence: last.at, firstOccurrence: first.at, covers };
}

function nameOf({ occurrence, startedAt }: OpenRun): string {
  return occurrence === null
    ? `the run that was asked for at ${startedAt.toISOString()}`
    : `the run of ${occurrence.toISOString()}`;
}

/** What becomes of a run that a person asks for, by the same overlap policy; and which runs it replaces. Pure. */
export function admitRequest(
  { overlap }: Schedule,
  open: readonly OpenRun[],
): {
  readonly kind: 'start' | 'queue' | 'skipped';
  readonly why: string;
  readonly replaced: readonly string[];
} {
  const ahead = open
    .filter(({ state }) => state === 'queued' || isActive(state))
    .map((run) => ({ state: run.state, name: nameOf(run) }));
  const { kind, why } = verdictOf({ inTurn: false }, overlap, ahead);
  return kind === 'replace'
    ? { kind: 'start', why, replaced: replaceable(open) }
    : { kind, why, replaced: [] };
}

function replaceable(open: readonly OpenRun[]): readonly string[] {
  return open.filter(({ state }) => state === 'queued' || isActive(state)).map(({ id }) => id);
}

/**
 * Which runs may begin that wait for their turn: of each schedule the one that waits longest, where no other is at
 * work. Runs that no schedule made never wait.
 */
export function nextInTurn<R extends OpenRun & Pick<ScheduleRun, 'schedule'>>(
  open: readonly R[],
): readonly R[] {
  const busy = new Set(open.filter(({ state }) => isActive(state)).map(({ schedule }) => schedule));
  const next: R[] = [];
  for (const run of open) {
    if (run.state !== 'queued' || busy.has(run.schedule)) continue;
    busy.add(run.schedule);
    next.push(run);
  }
  return next;
}
