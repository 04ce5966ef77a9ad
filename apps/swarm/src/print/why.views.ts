import type { WhyAnswer } from '@swarm/contracts';

import { clockTime, plain } from './text.js';

/** What `swarm why` says: a sentence for each package, what would change it, and when it can be expected. */
export function printWhy(
  { answers, leftOut }: { readonly answers: readonly WhyAnswer[]; readonly leftOut: number },
  now: Date,
): string {
  const rest = leftOut > 0 ? [`and ${leftOut} more; name the package more closely`, ''] : [];
  return [...answers.map((answer) => whyText(answer, now)), ...rest].join('\n');
}

function whyText({ cpv, profile, since, sentence, unblocks, eta, noEta }: WhyAnswer, now: Date): string {
  const time = (iso: string): string => clockTime(iso, now);
  const lines = [
    since === null ? '' : `since     ${time(since)}`,
    unblocks === '' ? '' : `unblocks  ${plain(unblocks)}`,
    eta
      ? `expected  ${time(eta.at)}, between ${time(eta.earliest)} and ${time(eta.latest)} in 8 of 10 cases`
      : `expected  unknown: ${plain(noEta)}`,
  ];
  // What is published is there: when it can be expected is no question.
  const shown = unblocks === '' ? lines.slice(0, 1) : lines;
  const head = `${cpv}${profile === null ? '' : ` (${profile})`} ${plain(sentence)}`;
  return [head, ...shown.filter((line) => line !== '').map((line) => `  ${line}`), ''].join('\n');
}
