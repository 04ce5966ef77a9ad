import { droneLifecycle, type DroneEventType, type DroneState } from '@swarm/domain-drone';
import { isFinal, isSettled, jobLifecycle, type JobEventType, type JobState } from '@swarm/domain-job';
import { runLifecycle, type RunEventType, type RunState } from '@swarm/domain-schedule';

import { code, GENERATED, mermaid, paragraphs, table } from './markdown.js';

type Moves = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

const jobStateMeanings = {
  waiting: 'Something that it needs is not in the staging index yet.',
  needed: 'It can be built: everything that it needs is published.',
  delegated: 'A drone has an open attempt at it.',
  received: 'The binhost holds a verified artifact of it, durably.',
  published: 'Its artifact is in the staging index: other drones can install it.',
  blocked: 'Something that it needs will not be built as things are; the job names the package.',
  quarantined: 'It is not tried again until somebody says so.',
  superseded: 'Another job does its work.',
  cancelled: 'Nobody wants it any more.',
} as const satisfies Record<JobState, string>;

const jobEventMeanings = {
  'dependencies-published': 'Everything that the build needs is in the staging index.',
  'dependency-lost': 'A dependency is quarantined, or itself blocked.',
  'dependency-restored': 'What was in the way is in the way no more.',
  delegated: 'The scheduler gave it to a drone, as a new attempt.',
  'attempt-reclaimed': 'The attempt was lost, refused or given back; nothing is known against the package.',
  'attempt-resumed':
    'Its drone was taken for lost, is there again and still works on it; nobody has begun it anew (S24).',
  'attempt-failed': 'The attempt failed; the verdict says whether it counts against the package.',
  'failure-excused': 'A failure that counted was that of a drone that is grounded now; it counts as lost.',
  'artifact-received':
    'A verified artifact is there, of whichever attempt: a build is a function of its inputs.',
  'artifact-published': 'The artifact is in the staging index.',
  'quarantined-by-hand': 'A person wants it not tried.',
  'quarantine-released': 'A person, or a changed input, ended the quarantine.',
  superseded: 'A newer plan does the same.',
  cancelled: 'The plan was cancelled.',
} as const satisfies Record<JobEventType, string>;

const droneStateMeanings = {
  online: 'It is heard and takes work.',
  suspect: 'It has been quiet for a while: it keeps its work and gets no more.',
  offline: 'It has been silent for long; its work goes to others when the reclaim time is over.',
  grounded: 'It failed too often in a row: it is kept from work until the time is over, heard or not.',
  probation: 'It gets one job; if that is built, it gets work as before.',
  draining: 'It finishes what it has and takes no more.',
  retired: 'It may not come back.',
} as const satisfies Record<DroneState, string>;

const droneEventMeanings = {
  heard: 'A sign of life arrived.',
  'probation-heard': 'A sign of life arrived from a drone that still owes its canary.',
  'draining-heard': 'A sign of life arrived, and the drone says that it takes no more work.',
  'went-quiet': 'No sign for `SWARM_SUSPECT_AFTER_MS`.',
  'went-silent': 'No sign for `SWARM_OFFLINE_AFTER_MS`.',
  'struck-out': 'As many failures in a row as `SWARM_STRIKES`, with no success between.',
  'grounding-ended': 'Its time is over.',
  'canary-succeeded': 'It built something since it was grounded.',
  'canary-failed': 'The one job that it got failed through its fault: grounded again, for twice as long.',
  'grounded-by-hand': 'A person keeps it from work, without an end.',
  ungrounded: 'A person gives it work again.',
  retired: 'A person took it out of service.',
} as const satisfies Record<DroneEventType, string>;

const runStateMeanings = {
  queued: 'It waits for its turn: an earlier run of the same schedule is still open.',
  syncing: 'It names the version of the profile that everything after is made with.',
  resolving: 'It makes its plan, and a drone resolves it.',
  building: 'The jobs of its plan are at work.',
  verifying: 'Its plan is complete, and the binhost checks what is to be released.',
  promoting: 'The binhost makes the release.',
  notifying: 'Its outcome is known and not told yet; the plan of a replaced run is being cancelled.',
  ended: 'It is over, or was skipped or missed and never began.',
} as const satisfies Record<RunState, string>;

const runEventMeanings = {
  started: 'Its turn has come.',
  synced: 'The version is named.',
  planned: 'The plan is in the ledger; it has the id of the run.',
  resolved: 'Portage has answered.',
  built: 'Every job is settled.',
  verified: 'The binhost has begun to make the release.',
  closed: 'How it ends is known: done, failed, cancelled or replaced.',
  notified: 'One line of what happened is stored.',
} as const satisfies Record<RunEventType, string>;

/** docs/lifecycles.md: drawn from the tables that the code itself decides by. */
export function lifecyclesPage(): string {
  return paragraphs(
    GENERATED,
    '# Lifecycles',
    'The diagrams and the tables below are drawn from `jobLifecycle`, `droneLifecycle` and `runLifecycle`, the tables by which the code decides.\nWhat stands in no table is refused: the event is counted in the log and changes nothing.',
    '## A job',
    'One package of a plan, to be built once.\nEach attempt has a number, which only grows; what a drone says of an attempt that is not the current one is stale and harmless.',
    diagram(jobLifecycle, 'waiting', isFinal),
    table(
      ['state', 'meaning', 'does a plan wait for it?'],
      entries(jobStateMeanings).map(([state, meaning]) => [
        code(state),
        meaning,
        isSettled(state) ? 'no' : 'yes',
      ]),
    ),
    moves(jobLifecycle, jobEventMeanings),
    'Where an event leads to `needed` or `quarantined`, data decides: the number of failures and reclaims so far, against `SWARM_MAX_ATTEMPTS` and `SWARM_MAX_RECLAIMS`, and whether another try can end differently.',
    '## A drone',
    'How a build machine stands with the swarm.\nThe health monitor judges its silence, by the time since its last sign of life on the monitor’s own clock; an outage of the monitor or of NATS takes no drone down.\nThe scheduler counts its strikes, where attempts end; nothing but time and a canary, or a person, lifts a grounding.',
    diagram(droneLifecycle, 'online', (state) => Object.keys(droneLifecycle[state]).length === 0),
    table(
      ['state', 'meaning'],
      entries(droneStateMeanings).map(([state, meaning]) => [code(state), meaning]),
    ),
    moves(droneLifecycle, droneEventMeanings),
    '## A run',
    'One firing of a schedule, or one request of a person ([schedules](schedules.md)).\nEach step is stored before the next one begins, so a scheduler that starts anew goes on from there.',
    diagram(runLifecycle, 'queued', (state) => Object.keys(runLifecycle[state]).length === 0),
    table(
      ['state', 'meaning'],
      entries(runStateMeanings).map(([state, meaning]) => [code(state), meaning]),
    ),
    moves(runLifecycle, runEventMeanings),
  ).trimEnd();
}

/** Events that leave a state as it is are in the table only. */
function diagram<S extends string>(
  lifecycle: Readonly<Record<S, Moves[string]>>,
  first: S,
  isEnd: (state: S) => boolean,
): string {
  const lines = ['stateDiagram-v2', `  [*] --> ${first}`];
  for (const [state, row] of entries(lifecycle)) {
    for (const [event, targets] of Object.entries(row)) {
      for (const target of [targets].flat()) {
        if (target !== state) lines.push(`  ${state} --> ${target} : ${event}`);
      }
    }
    if (isEnd(state)) lines.push(`  ${state} --> [*]`);
  }
  return mermaid(lines);
}

function moves(lifecycle: Moves, meanings: Readonly<Record<string, string>>): string {
  const rows = Object.entries(meanings).flatMap(([event, meaning]) => {
    const legal = Object.entries(lifecycle).flatMap(([state, row]) => {
      const targets = row[event];
      return targets === undefined ? [] : [`${code(state)} → ${[targets].flat().map(code).join(' or ')}`];
    });
    return [[code(event), meaning, legal.join('<br>')]];
  });
  return table(['event', 'meaning', 'legal moves'], rows);
}

/** `Object.entries` that keeps the names of the keys. */
function entries<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][];
}
