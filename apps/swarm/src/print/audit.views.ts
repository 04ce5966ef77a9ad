import type { AuditFindingView, DroneAuditView } from '@swarm/contracts';

import { plain } from './text.js';

/** A diff that a person can act on: what is only here, what is lacking, and how to mend it. */
export function printAudits(audits: readonly DroneAuditView[]): string {
  if (audits.length === 0) return 'There is no drone.\n';
  return audits.map(printAudit).join('\n');
}

function printAudit({ drone, profile, silent, against, peers, findings }: DroneAuditView): string {
  if (silent !== '') return `${drone} (${profile}): not looked at: ${plain(silent)}\n`;
  const compared = [...(against === null ? [] : [against]), ...peers];
  const head = `${drone} (${profile}), compared with ${compared.length === 0 ? 'nothing: it is alone' : compared.join(', ')}`;
  if (findings.length === 0) return `${head}\n  nothing to mend\n`;
  return `${[head, ...findings.flatMap(linesOf)].join('\n')}\n`;
}

function linesOf({ severity, text, here, there, remedy }: AuditFindingView): string[] {
  return [
    `  ${severity.toUpperCase()}  ${plain(text)}`,
    ...here.map((item) => `    + ${plain(item)}`),
    ...there.map((item) => `    - ${plain(item)}`),
    `    ${plain(remedy)}`,
  ];
}
