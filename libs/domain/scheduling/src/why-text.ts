import type { Cpv } from '@swarm/domain-ebuild';

import type { Exclusion } from './not-placed.js';
import { resumeCommand, type Pause } from './pause.js';
import { MAX_COUNTED, type Holdup, type Reason, type ReasonKind, type ReasonOf } from './why.js';

/** Names that a sentence has before it only counts. */
const NAMED = 3;
const MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** Why, in one sentence without a full stop, as it follows the name of the package. Never empty. */
export function sentenceOf(reason: Reason): string {
  return textIn(sentences, reason);
}

/** What would change it, in a few words; empty for what is published. */
export function unblocksOf(reason: Reason): string {
  return textIn(remedies, reason);
}

type Texts = { readonly [K in ReasonKind]: (reason: ReasonOf<K>) => string };

function textIn(texts: Texts, reason: Reason): string {
  // Each text is looked up by the kind that it is for; the compiler cannot carry that across the lookup.
  return (texts[reason.kind] as (given: Reason) => string)(reason);
}

const sentences: Texts = {
  'not-asked': notAsked,
  'not-planned': ({ because }) => `is not planned: ${because}`,
  'not-taken-up': () => 'is in a plan that the scheduler has not taken up yet',
  published: ({ release }) =>
    release === null ? 'is published, and not in a release yet' : `is published, in release ${release}`,
  building,
  received: ({ isLate }) =>
    isLate
      ? 'is built, and has been at the binhost for too long without being in the index'
      : 'is built and verified, on its way into the index',
  waiting,
  blocked: ({ by }) =>
    `is blocked: needs ${listed(by.map(({ cpv, state, because }) => `${cpv}, which is ${state}${after(because)}`))}`,
  quarantined: ({ because }) => `is quarantined${after(because)}`,
  paused: ({ pause }) => held(pause),
  delayed: ({ until, attempts }) =>
    `is tried again at ${until.toISOString()}, after ${count(attempts, 'attempt')} that did not end well`,
  'no-drone': ({ profile, excluded }) =>
    excluded.length === 0
      ? `waits for a drone: none has enrolled for profile ${profile}`
      : `waits for a drone: none can build it for profile ${profile}; ${exclusions(excluded)}`,
  'no-free-slot': noFreeSlot,
  'waits-for': ({ drone, inMs, savesMs, instead }) =>
    `waits for ${drone}, which is free in ${about(inMs)} and ends the build ${about(savesMs)} sooner than ${instead}`,
  next: ({ drone }) => `is given to ${drone} next`,
  superseded: ({ because }) => `was replaced${after(because || 'a newer plan has it')}`,
  cancelled: ({ because }) => `was cancelled${after(because)}`,
};

const remedies: Texts = {
  'not-asked': ({ atom, resolving: [first] }) => {
    const pause = first?.drone === null ? first.pause : undefined;
    return pause ? endOf(pause) : buildOf(atom);
  },
  'not-planned': ({ remedy }) => remedy ?? '`swarm plan show --findings` says what it lacks',
  'not-taken-up': () => 'the next round, within seconds',
  published: () => '',
  building: ({ drone, trouble, isOverdue }) => {
    if (trouble !== null) return `${drone} back, or its work given to another drone`;
    return isOverdue ? 'a look at its log; a build that is silent is ended by itself' : 'its end';
  },
  received: ({ isLate }) =>
    isLate ? 'a look at the binhost: does it run, and has it space?' : 'the next look of the binhost',
  waiting: ({ holdups }) =>
    holdups.length === 0
      ? 'the next round, within seconds'
      : `${listed([...new Set(holdups.map(({ root }) => root.cpv))])}, once published`,
  blocked: ({ by }) => {
    const ways = by.map(({ cpv, state }) => (state === 'quarantined' ? releaseOf(cpv) : buildOf(`=${cpv}`)));
    return `${listed(ways)}, or a changed input`;
  },
  quarantined: ({ cpv }) =>
    `${releaseOf(cpv)}, or a changed input: a new revision, patch, USE or fingerprint`,
  paused: ({ pause }) => endOf(pause),
  delayed: ({ until }) => `time: ${until.toISOString()}`,
  'no-drone': ({ profile, excluded }) =>
    excluded.length === 0
      ? `a drone that enrols for profile ${profile}`
      : 'one of these drones without what excludes it, or another drone',
  'no-free-slot': ({ freeInMs }) =>
    freeInMs === null
      ? 'a free slot, or another drone'
      : `a free slot, the first in ${about(freeInMs)}, or another drone`,
  'waits-for': ({ drone, inMs }) => `${drone}, free in ${about(inMs)}`,
  next: () => 'the next round, within seconds',
  superseded: () => 'nothing: the newer plan goes on',
  cancelled: ({ cpv }) => buildOf(`=${cpv}`),
};

function held({ author, until, reason }: Pause): string {
  return `is paused by ${author} until ${until.toISOString()}${after(reason)}`;
}

function endOf({ scope, until }: Pause): string {
  return `\`${resumeCommand(scope)}\`, or the end of the pause at ${until.toISOString()}`;
}

function notAsked({ resolving }: ReasonOf<'not-asked'>): string {
  const [first] = resolving;
  if (!first) return 'is in no plan: nobody asked for it';
  const { plan, profile, drone, pause, since } = first;
  const where = drone === null ? 'and waits for a drone' : `on ${drone}`;
  const state = drone === null && pause ? held(pause) : `is being resolved ${where}`;
  const more = resolving.length > 1 ? ` (and ${resolving.length - 1} more)` : '';
  return `is in no plan yet; plan ${plan} of ${profile} ${state}${more}, since ${since.toISOString()}`;
}

function building({ drone, phase, endsInMs, trouble, isOverdue }: ReasonOf<'building'>): string {
  const step = phase === null ? '' : `, phase ${phase}`;
  if (trouble !== null) return `is with ${drone}, which ${trouble}${step}`;
  const end = isOverdue ? 'longer than 99 of 100 builds like it, about' : 'about';
  return `is being built on ${drone}${step}, ${end} ${span(endsInMs)} more`;
}

function waiting({ holdups, jobs }: ReasonOf<'waiting'>): string {
  if (holdups.length === 0) return 'has everything that it needs; the scheduler takes it next';
  const rest =
    jobs > holdups.length
      ? `; ${jobs >= MAX_COUNTED ? 'at least ' : ''}${count(jobs, 'job')} come before it`
      : '';
  return `waits for ${listed(holdups.map(holdupText))}${rest}`;
}

function holdupText({ cpv, root }: Holdup): string {
  return root.cpv === cpv
    ? `${cpv} (${sentenceOf(root.reason)})`
    : `${cpv} (which waits for ${root.cpv}, which ${sentenceOf(root.reason)})`;
}

function noFreeSlot({ drones, taken, freeInMs, ahead, excluded }: ReasonOf<'no-free-slot'>): string {
  const work = taken.length === 0 ? '' : ` by ${listed(taken.map(({ drone, cpv }) => `${cpv} on ${drone}`))}`;
  const free = freeInMs === null ? '' : `, the first is free in ${about(freeInMs)}`;
  const before = ahead === 0 ? 'it is the next' : `${count(ahead, 'job')} ahead of it`;
  const others = excluded.length === 0 ? '' : `; ${exclusions(excluded)}`;
  return `waits for a slot: those of ${listed(drones)} are taken${work}${free}; ${before}${others}`;
}

/** Drones by what excludes them: of a thousand, most are excluded for the same thing. */
function exclusions(excluded: readonly Exclusion[]): string {
  const byCause = new Map<string, string[]>();
  for (const { drone, because } of excluded) {
    byCause.set(because, [...(byCause.get(because) ?? []), drone]);
  }
  const causes = [...byCause].map(([because, drones]) => `${listed(drones)}: ${because}`);
  return listed(causes, '; ');
}

function buildOf(atom: string): string {
  return `\`swarm build ${atom}\``;
}

function releaseOf(cpv: Cpv): string {
  return `\`swarm quarantine release ${cpv}\``;
}

function after(because: string): string {
  return because === '' ? '' : `: ${because}`;
}

function listed(texts: readonly string[], separator = ', '): string {
  const rest = texts.length - NAMED;
  const named = texts.slice(0, NAMED).join(separator);
  return rest > 0 ? `${named} and ${rest} more` : named;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function about(ms: number): string {
  return `about ${span(ms)}`;
}

/** A time as people say it, e.g. `4 min`; never 0. */
function span(ms: number): string {
  if (ms < MS.minute) return `${Math.max(1, Math.round(ms / MS.second))} s`;
  if (ms < MS.hour) return `${Math.round(ms / MS.minute)} min`;
  if (ms < MS.day) return `${(ms / MS.hour).toFixed(1)} h`;
  return `${(ms / MS.day).toFixed(1)} d`;
}
