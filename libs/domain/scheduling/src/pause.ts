import { err, ok, type Result } from '@swarm/kernel';

/** How long a pause lasts that names no end (S19). */
export const DEFAULT_WORK_PAUSE_MS = 4 * 3_600_000;
/** A pause cannot be longer: one that is still wanted then is begun again, by somebody who still knows why. */
export const MAX_WORK_PAUSE_MS = 7 * 86_400_000;
/** Longest reason, in characters: it is one line of the status. */
export const MAX_PAUSE_REASON_LENGTH = 500;

/** What a pause keeps from being handed out: everything, what one profile needs, or one plan. */
export type PauseScope =
  | { readonly kind: 'swarm' }
  | { readonly kind: 'profile'; readonly profile: string }
  | { readonly kind: 'plan'; readonly plan: string };

/** Nobody is given new work of its scope; what is in hand goes on. It always has an end (S19). */
export interface Pause {
  readonly id: string;
  readonly scope: PauseScope;
  readonly author: string;
  readonly reason: string;
  readonly since: Date;
  /** From then on it holds nothing, whether or not anybody has put its end on record. */
  readonly until: Date;
}

/** How a pause ended: at its time, by a person, or because another one of the same scope began. */
export interface PauseEnd {
  readonly how: 'over' | 'resumed' | 'replaced';
  readonly at: Date;
  /** Who ended it; null where time did. */
  readonly by: string | null;
}

/** A pause, and its end where it has one. */
export interface EndedPause {
  readonly pause: Pause;
  readonly end: PauseEnd;
}

/** What is to be put on record, together or not at all. */
export interface PauseDecision {
  readonly begun: Pause | null;
  readonly ended: readonly EndedPause[];
}

/** What somebody asks for. */
export interface PauseDraft {
  readonly id: string;
  readonly scope: PauseScope;
  readonly author: string;
  readonly reason: string;
  /** How long, in milliseconds. */
  readonly forMs: number;
}

/** A plan, as far as pauses go. */
export interface PausablePlan {
  readonly id: string;
  readonly profile: string;
}

/** True while a pause holds: from its beginning up to its end. */
export function isStanding({ until }: Pause, now: Date): boolean {
  return now < until;
}

/** Those that hold now, the widest first, then the one that ends last. */
export function standingPauses(pauses: readonly Pause[], now: Date): readonly Pause[] {
  return pauses
    .filter((pause) => isStanding(pause, now))
    .sort((a, b) => widthOf(b) - widthOf(a) || b.until.getTime() - a.until.getTime());
}

/** The pause that keeps a plan from being given out: of several the one that ends last. Undefined where there is none. */
export function pauseOf(pauses: readonly Pause[], plan: PausablePlan, now: Date): Pause | undefined {
  let last: Pause | undefined;
  for (const pause of standingPauses(pauses, now)) {
    if (holds(pause, plan) && (last === undefined || pause.until > last.until)) last = pause;
  }
  return last;
}

/** True while nothing of the plan may be given out: no build, and no resolving either. */
export function isPaused(pauses: readonly Pause[], plan: PausablePlan, now: Date): boolean {
  return pauses.some((pause) => isStanding(pause, now) && holds(pause, plan));
}

/** Answers for each of these plans, as of now; a plan that is not among them is under none. */
export function pausesOver(
  pauses: readonly Pause[],
  plans: Iterable<PausablePlan>,
  now: Date,
): (plan: string) => Pause | undefined {
  const found = new Map<string, Pause>();
  if (pauses.length === 0) return () => undefined;
  for (const plan of plans) {
    const pause = pauseOf(pauses, plan, now);
    if (pause) found.set(plan.id, pause);
  }
  return (plan) => found.get(plan);
}

/** Begins a pause; one of the same scope makes way for it. What is wrong with it otherwise, naming the field. */
export function beginPause(
  open: readonly Pause[],
  draft: PauseDraft,
  now: Date,
): Result<PauseDecision & { readonly begun: Pause }, string> {
  const { forMs, ...said } = draft;
  const [author, reason] = [said.author.trim(), said.reason.trim()];
  if (author === '') return err('author: say who pauses it');
  if (reason === '') return err('reason: say why, in one line');
  if (reason.length > MAX_PAUSE_REASON_LENGTH) {
    return err(`reason: use at most ${MAX_PAUSE_REASON_LENGTH} characters`);
  }
  if (!Number.isInteger(forMs) || forMs < 1) return err('forMs: give a whole number of milliseconds above 0');
  if (forMs > MAX_WORK_PAUSE_MS) {
    return err(
      `forMs: a pause lasts at most ${MAX_WORK_PAUSE_MS / 86_400_000} days; pause again before it ends`,
    );
  }
  const until = new Date(now.getTime() + forMs);
  const begun = { ...said, author, reason, since: now, until };
  const before = open.filter(({ scope }) => isSameScope(scope, draft.scope));
  return ok({ begun, ended: endedBy(before, { how: 'replaced', by: author }, now) });
}

/** Ends the pause of exactly that scope, by hand; `ended` is empty where none stands. */
export function endPause(
  open: readonly Pause[],
  { scope, by }: { readonly scope: PauseScope; readonly by: string },
  now: Date,
): PauseDecision {
  const meant = open.filter((pause) => isSameScope(pause.scope, scope));
  return { begun: null, ended: endedBy(meant, { how: 'resumed', by }, now) };
}

/** Puts on record what time has ended. */
export function endOver(open: readonly Pause[], now: Date): PauseDecision {
  return { begun: null, ended: open.filter((pause) => !isStanding(pause, now)).map(over) };
}

/** What is paused, as it is called: `the swarm`, `profile lab`, `plan …`. */
export function scopeText(scope: PauseScope): string {
  switch (scope.kind) {
    case 'swarm':
      return 'the swarm';
    case 'profile':
      return `profile ${scope.profile}`;
    case 'plan':
      return `plan ${scope.plan}`;
  }
}

/** One line for people: what is paused, by whom, until when, and why. */
export function pauseText({ scope, author, until, reason }: Pause): string {
  return `${scopeText(scope)} is paused by ${author} until ${until.toISOString()}: ${reason}`;
}

/** The command that ends it. */
export function resumeCommand(scope: PauseScope): string {
  switch (scope.kind) {
    case 'swarm':
      return 'swarm resume';
    case 'profile':
      return `swarm resume --profile ${scope.profile}`;
    case 'plan':
      return `swarm resume --plan ${scope.plan}`;
  }
}

function holds({ scope }: Pause, { id, profile }: PausablePlan): boolean {
  switch (scope.kind) {
    case 'swarm':
      return true;
    case 'profile':
      return scope.profile === profile;
    case 'plan':
      return scope.plan === id;
  }
}

/** Time was first where a pause is over already. */
function endedBy(
  pauses: readonly Pause[],
  { how, by }: Pick<PauseEnd, 'how'> & { readonly by: string },
  now: Date,
): readonly EndedPause[] {
  return pauses.map((pause) => (isStanding(pause, now) ? { pause, end: { how, at: now, by } } : over(pause)));
}

function over(pause: Pause): EndedPause {
  return { pause, end: { how: 'over', at: pause.until, by: null } };
}

function isSameScope(a: PauseScope, b: PauseScope): boolean {
  return scopeText(a) === scopeText(b);
}

function widthOf({ scope }: Pause): number {
  return { swarm: 2, profile: 1, plan: 0 }[scope.kind];
}
