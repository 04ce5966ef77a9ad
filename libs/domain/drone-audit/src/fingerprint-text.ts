import { factsOf } from './facts.js';
import type { MachineReport } from './machine-report.js';

/**
 * The canonical text of what decides a binary's ABI on a machine; its SHA-256 is the machine's fingerprint. Machines
 * whose binaries may differ have different texts; where files and lines stand changes nothing. Pure.
 */
export function fingerprintText(report: MachineReport): string {
  const facts = factsOf(report).filter(({ severity, items }) => severity === 'error' && items.length > 0);
  const lines = facts.map(({ subject, items }) => JSON.stringify([subject, ...[...items].sort()]));
  return lines.sort().join('\n');
}
