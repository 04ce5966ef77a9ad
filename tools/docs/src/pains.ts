import { code, GENERATED, paragraphs, table } from './markdown.js';
import type { TestTitle } from './test-titles.js';

const ID = /\b[SQ]\d{1,2}\b/g;

/** What must be true, by id. `S`: seen in the swarm before this one. `Q`: seen in the queues of other build farms. */
export const pains = {
  S1: 'The swarm keeps its own schedules: each firing is on record before any work, and one that did not happen raises an alarm.',
  S2: 'A drone that fails everything at once is kept from work after five strikes, and costs the queue and the packages nothing.',
  S3: 'Work of a dead drone is taken back within the reclaim time, and an audit compares what drones hold with the ledger.',
  S4: 'No two drones ever have an open attempt at one job, whatever races.',
  S5: 'Attempts are bounded by data: no path through the code can retry for ever.',
  S6: 'Logs are bounded, on disk, and take no memory.',
  S7: 'A drone that is told to stop finishes or gives back its work; one that is killed loses nothing.',
  S8: 'A transition is one row update under a revision; a time-out leaves nothing between two states.',
  S9: 'A slot conflict is found when the plan is made, with the parents named and the line that settles it.',
  S10: 'A binary with other ABI flags than the profile’s is built by nobody and published by nobody.',
  S11: 'A cycle of build dependencies is found when the plan is made and opened by a staged build, whose stage 1 is never released; one that nothing opens does not hold up the rest.',
  S12: 'A success rate counts what is quarantined against it.',
  S13: 'A drone that cannot prove that it belongs to the swarm may say nothing.',
  S14: 'A machine proves on the connection that it is the drone in question before anything is done to it.',
  S15: 'A drone keeps its artifact until the binhost has durably accepted it.',
  S16: 'An upload has a limit on silence and one on its whole time, and may be tried again.',
  S17: 'A drone whose tree is behind syncs first, and is not blamed.',
  S18: 'Late news is stale, never a failure; a valid late artifact is used.',
  S19: 'A pause has an author, a reason and an end, and is the first thing that the status shows.',
  S20: 'Files, index and ledger agree after a crash at any point.',
  S21: 'A drone says which attempts it holds; nobody guesses from process names.',
  S22: 'A path that cannot upload is not a package that cannot build: the artifact waits.',
  S23: 'No work waits behind a busy drone: nothing is fetched ahead.',
  S24: 'A build survives a short gap in the network.',
  S25: 'Heartbeats decide on liveness; whether SSH answers does not.',
  S26: 'A fleet of one drone works, failures included.',
  S27: 'A package is accepted by what its container holds, not by its name or size.',
  S28: 'A release never changes, and going back twice goes two back.',
  S29: 'A remedy uses the service manager and looks at the result.',
  S30: 'Each rung of the recovery ladder can be climbed, and the last one reaches a person.',
  S31: 'Ready means that a round trip through NATS and Postgres succeeded just now.',
  S32: 'What is not allowed is refused: deny by default.',
  S33: 'A change of USE, of flags or of a bound sub-slot makes another build.',
  S34: 'A dependency is built once, and installed as a binary everywhere else.',
  S35: 'What differs between two drones is shown exactly.',
  Q1: 'A worker that fails fast does not eat the queue.',
  Q2: 'Work that can be done and a free slot meet without anybody restarting anything.',
  Q3: 'Nothing stays in a passing state for ever.',
  Q4: 'A short lack of drones fails no job.',
  Q5: 'A drone that lost its connection finds its way back.',
  Q6: 'Causes that pass and causes that stay are told apart.',
  Q7: 'A cancelled job is no failed one, and a kept failure can be cleared.',
  Q8: 'A mass rebuild and a single giant do not starve each other.',
  Q9: 'One kind of work that floods the queue leaves no other kind of drone idle.',
  Q10: 'A package that ran out of memory is tried again with more.',
  Q11: 'A job that waits beside free slots has a reason, and the system names it.',
  Q12: 'Loading and handing out many thousands of jobs takes seconds.',
  Q13: 'The log of an attempt is never overwritten by the next one.',
  Q14: 'What links to a changed ABI is rebuilt before it is released.',
  Q15: 'What links to an unchanged ABI is not rebuilt.',
  Q16: 'A client never sees an index whose files are not there.',
  Q17: 'Signing and indexing do not stall, and their errors are seen.',
  Q18: 'A machine is added by starting an agent on it.',
  Q19: 'One piece of work never runs on two machines with both results counted.',
  Q20: 'Only the drone that was given an attempt can finish it.',
  Q21: 'No wake-up is lost: whoever follows the history misses nothing.',
  Q22: 'A job is handed out only when everything that it needs can be fetched.',
  Q23: 'A file that was published under a name never changes.',
  Q24: 'A build whose attempt is over is stopped.',
  Q25: 'What is counted is also acted upon.',
  Q26: 'Messages that a broker loses are said again from the ledger.',
} as const satisfies Record<string, string>;

/** The ids that a title names. */
export function idsIn(title: string): readonly string[] {
  return title.match(ID) ?? [];
}

/** docs/pains.md: what went wrong elsewhere, and the test that keeps it from going wrong here. */
export function painsPage(tests: readonly TestTitle[]): string {
  const naming = (id: string): TestTitle[] => tests.filter(({ own }) => idsIn(own).includes(id));
  const all = Object.entries(pains);
  const shown = all.filter(([id]) => naming(id).length > 0);
  const open = all.filter(([id]) => naming(id).length === 0);
  return paragraphs(
    GENERATED,
    '# Pains',
    'Each line went wrong once: `S` in the swarm that this one replaces, `Q` in the queues of other build farms.\nA test that keeps it from going wrong here has the id in its title; this table is made from those titles.',
    `## Kept by a test (${shown.length})`,
    table(
      ['id', 'what must be true', 'tests'],
      shown.map(([id, statement]) => [id, statement, naming(id).map(citation).join('<br>')]),
    ),
    `## Without a test of its own so far (${open.length})`,
    table(['id', 'what must be true'], open),
  ).trimEnd();
}

function citation({ full, file }: TestTitle): string {
  return `${full} (${code(file)})`;
}
