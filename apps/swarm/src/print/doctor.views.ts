import type { CheckView, DoctorView } from '@swarm/contracts';

import { clockTime, plain, table } from './text.js';

/** What is wrong first, each with its page; then every check. */
export function printDoctor({ sweep, checks }: DoctorView, now: Date): string {
  const wrong = checks.filter(({ result }) => result !== 'ok');
  const alarms = wrong.filter(({ result }) => result === 'alarm').length;
  const head = sweep.isOverdue
    ? [`NOT CHECKED: ${plain(sweep.detail)}`]
    : [headLine(alarms, wrong.length - alarms)];
  const rows = checks.map(({ name, result, ranAt, detail }) => [
    name,
    result,
    clockTime(ranAt, now),
    result === 'ok' ? detail : 'see above',
  ]);
  const list = table(['check', 'result', 'last run', 'found'], rows, 'Nothing was ever checked.');
  return [...head, ...wrong.map((check) => wrongText(check, now)), '', list].join('\n');
}

function headLine(alarms: number, warnings: number): string {
  if (alarms + warnings === 0) return 'Every check is well.';
  return `${alarms} ${alarms === 1 ? 'alarm' : 'alarms'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}:`;
}

function wrongText({ name, result, detail, notOkSince, page }: CheckView, now: Date): string {
  const since = notOkSince === null ? '' : ` since ${clockTime(notOkSince, now)} UTC`;
  return `${result.toUpperCase()} ${name}${since}: ${plain(detail)}\n  ${page}`;
}
