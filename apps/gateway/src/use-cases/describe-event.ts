import {
  events,
  type EventView,
  type HealingMoved,
  type PauseMoved,
  type RebootRequestMoved,
  type StoredEvent,
} from '@swarm/contracts';
import { confirmCommand } from '@swarm/domain-healing';
import { scopeText } from '@swarm/domain-scheduling';
import type { z } from 'zod';

type Known = typeof events;
type Sentences = { readonly [N in keyof Known]: (payload: z.output<Known[N]['schema']>) => string };

/** One line for people, per event. A new event does not compile until it has its sentence. */
const sentences: Sentences = {
  RunStarted: ({ schedule, profile }) => `STARTED: ${schedule} asks for a plan of ${profile}`,
  RunEnded: ({ schedule, outcome, line }) => `run of ${schedule} is ${outcome}${tail(line)}`,
  ScheduleMissed: ({ schedule, due, by }) =>
    `ALARM: ${schedule} should have fired at ${due} and did not, says the ${by}`,
  PlanMoved: ({ profile, state, detail }) => `plan of ${profile} is ${state}${tail(detail)}`,
  JobMoved: ({ cpv, to, drone, reason }) =>
    `${cpv} is ${to}${drone === undefined ? '' : ` on ${drone}`}${tail(reason)}`,
  AttemptFailed: ({ cpv, attempt, drone, class: why, summary }) =>
    `${cpv} failed on ${drone}, attempt ${attempt} (${why})${tail(summary)}`,
  ArtifactReceived: ({ cpv }) => `${cpv} arrived and is verified`,
  ArtifactPublished: ({ cpv, profile }) => `${cpv} is in the staging index of ${profile}`,
  ArtifactRefused: ({ cpv, drone, message }) => `upload of ${cpv} by ${drone} was refused${tail(message)}`,
  ProfilePushed: ({ profile, number, author, reason }) =>
    `version ${number} of profile ${profile} was pushed by ${author}: ${reason}`,
  ReleasePromoted: ({ profile, generation, packages }) =>
    `release ${generation} of ${profile} is out, ${packages} packages`,
  PauseMoved: pauseLine,
  HealingMoved: healingLine,
  RebootRequestMoved: requestLine,
  HostMoved: ({ drone, address, by }) => `the host book says where ${drone} is: ${address}, written by ${by}`,
  DroneMoved: ({ drone, from, to, reason }) => `${drone} went from ${from} to ${to}${tail(reason)}`,
  DroneOrdered: ({ drone, order, author, reason, until }) =>
    `${author} ${orderWords[order]} ${drone}${until === null ? '' : ` until ${until}`}${tail(reason)}`,
  WorkDisowned: ({ drone, attemptId, reason }) =>
    `${drone} is told to stop attempt ${attemptId}${tail(reason)}`,
  ReclaimRequested: ({ drone, attemptIds, reason }) =>
    `${attemptIds.length} attempts of ${drone} are taken back${tail(reason)}`,
  AlarmMoved: ({ check, state, detail }) =>
    state === 'raised' ? `ALARM: ${check}: ${detail}` : `the alarm ${check} is over: ${detail}`,
};

const orderWords = {
  ground: 'grounds',
  unground: 'ends the grounding of',
  drain: 'drains',
  resume: 'resumes',
  retire: 'retires',
} as const;

/** An event as the API shows it. One that this version does not know keeps its bare name. */
export function eventView(stored: StoredEvent): EventView {
  const { sequence, id, at, message, payload } = stored;
  return {
    sequence: Number(sequence),
    id,
    at: at.toISOString(),
    message,
    line: lineOf(message, payload),
    payload,
  };
}

function pauseLine({ pause, state, by }: PauseMoved): string {
  const what = scopeText(pause.scope);
  switch (state) {
    case 'begun':
      return `${pause.author} pauses ${what} until ${pause.until}: ${pause.reason}`;
    case 'over':
      return `the pause of ${what} by ${pause.author} is over`;
    case 'resumed':
      return `${by ?? 'somebody'} ends the pause of ${what} by ${pause.author}`;
    case 'replaced':
      return `the pause of ${what} by ${pause.author} makes way for another`;
  }
}

function healingLine({ drone, kind, state, line }: HealingMoved): string {
  if (kind === 'recovered') return `${drone} is well again${tail(line)}`;
  if (kind === 'page') {
    return state === 'begun' ? `ALARM: ${line}` : `the alarm about ${drone} is ${state}${tail(line)}`;
  }
  const what = `the ${kind} of ${drone}`;
  return state === 'begun' ? `${what} begins${tail(line)}` : `${what} is ${state}${tail(line)}`;
}

function requestLine({ drone, state, by, until, line }: RebootRequestMoved): string {
  switch (state) {
    case 'asked':
      return `may ${drone} be rebooted? \`${confirmCommand({ drone })}\`${tail(line)}`;
    case 'confirmed':
      return `${by ?? 'somebody'} allows a reboot of ${drone} until ${until ?? 'some time'}`;
    case 'used':
    case 'expired':
    case 'recovered':
      return `the question whether ${drone} may be rebooted is closed (${state})${tail(line)}`;
  }
}

function lineOf(message: string, payload: unknown): string {
  if (!Object.hasOwn(events, message)) return message;
  const name = message as keyof Known;
  const parsed = events[name].schema.safeParse(payload);
  // The name decides schema and sentence together; the compiler cannot carry that across the lookup.
  return parsed.success ? (sentences[name] as (given: unknown) => string)(parsed.data) : message;
}

function tail(text: string): string {
  return text === '' ? '' : `: ${text}`;
}
