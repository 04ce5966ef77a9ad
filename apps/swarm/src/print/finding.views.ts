import type { FindingView, PlanDetail, PushedVersion } from '@swarm/contracts';

import { plain } from './text.js';
import { printPlan } from './views.js';

/** Packages and parents that a finding names before it only counts. */
const MAX_NAMED = 8;
const SHORT_ID = 8;

/** A plan, and below it the way to settle what is wrong with it. */
export function printPlanDetail(detail: PlanDetail): string {
  const { plan, findings } = detail;
  const version = plan.configuration
    ? `made with version ${plan.configuration.number} of profile ${plan.profile}\n`
    : '';
  const hint = findings.length > 0 ? '`swarm plan show --findings` says what would settle these.\n' : '';
  return `${printPlan(detail)}${version}${hint}`;
}

/** Findings whole: cause, who asks, and the lines that would settle each. */
export function printFindings({ plan, findings }: PlanDetail): string {
  if (findings.length === 0) return `Nothing is to be settled in plan ${plan.id} of ${plan.profile}.\n`;
  const isAcceptable = findings.some(({ remedies }) => remedies.length > 0);
  return [
    `plan ${plan.id} of ${plan.profile}: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`,
    ...findings.map(findingText),
    ...(isAcceptable
      ? ['', `Accept a line: swarm plan show ${plan.id.slice(0, SHORT_ID)} --accept <finding>`]
      : []),
    '',
  ].join('\n');
}

function findingText({ id, kind, text, packages, parents, remedies }: FindingView): string {
  const asks = parents.map(({ cpv, atom }) => (cpv === '' ? `${atom} (asked for)` : `${cpv} (${atom})`));
  const numbered = remedies.map(
    ({ file, line }, index) => `    ${index + 1}. ${plain(file)}: ${plain(line)}`,
  );
  return [
    '',
    `${id === '' ? kind : id}: ${plain(text)}`,
    ...(packages.length > 0 ? [`  concerns: ${listed(packages)}`] : []),
    ...(asks.length > 0 ? [`  wanted by: ${listed(asks)}`] : []),
    ...(numbered.length > 0
      ? [numbered.length === 1 ? '  would settle it:' : '  one of these would settle it:', ...numbered]
      : ['  no line is known that would settle it']),
  ].join('\n');
}

function listed(items: readonly string[]): string {
  const named = items.slice(0, MAX_NAMED).map(plain).join(', ');
  const rest = items.length - MAX_NAMED;
  return rest > 0 ? `${named} and ${rest} more` : named;
}

/** What was accepted, and the next thing to do. */
export function printAccepted(
  accepted: PushedVersion & { readonly file: string; readonly line: string },
): string {
  const { version, isNew, file, line } = accepted;
  const what = `${plain(file)}: ${plain(line)}`;
  const { number, profile } = version;
  const done = isNew
    ? `version ${number} of profile ${profile} has the line ${what}`
    : `version ${number} of profile ${profile} has the line already: ${what}`;
  return `${done}\nnext: swarm plan --profile ${profile}\n`;
}
