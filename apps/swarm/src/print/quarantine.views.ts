import type { QuarantineDetail, QuarantineView } from '@swarm/contracts';

import { plain, table } from './text.js';

export function printQuarantine(quarantine: readonly QuarantineView[]): string {
  return table(
    ['package', 'profile', 'since', 'failed on', 'why'],
    quarantine.map(({ cpv, profile, since, drones, reason }) => [
      cpv,
      profile,
      instant(since),
      drones.join(' '),
      plain(reason),
    ]),
    'Nothing is in quarantine.',
  );
}

/** All that is known of one: evidence, what waits for it, and how to get it out. */
export function printQuarantined(detail: QuarantineDetail): string {
  const { cpv, profile, since, reason, blocks, evidence, history } = detail;
  return [
    `${cpv} of ${profile} is in quarantine since ${instant(since)}: ${plain(reason)}`,
    blocks.length === 0 ? 'nothing waits for it' : `it blocks ${blocks.join(', ')}`,
    ...evidence.flatMap((each) => [
      '',
      `attempt ${each.attempt} on ${each.drone}, ${instant(each.endedAt)}: ${each.class}${each.counts ? '' : ' (forgiven)'}: ${plain(each.summary)}`,
      ...each.logTail
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `  ${plain(line)}`),
    ]),
    '',
    'history',
    ...history.map(({ at, state, reason: why }) => `  ${instant(at)}  ${state}: ${plain(why)}`),
    '',
    `\`swarm quarantine release ${cpv}\` lets it be tried again; a changed input does so by itself.`,
    '',
  ].join('\n');
}

function instant(at: string | null): string {
  return at === null ? '?' : at.slice(0, 19).replace('T', ' ');
}
