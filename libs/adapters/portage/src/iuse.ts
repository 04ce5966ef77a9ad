import type { Machine } from './machine.model.js';
import { runProcess } from './run-process.js';

const QUERY_TIMEOUT_MS = 60_000;

/** The flags that a package knows, without their defaults. Empty where Portage does not know the package. */
export async function readIuse(machine: Machine, cpv: string): Promise<string[]> {
  const query =
    'import portage, sys; print(portage.db[portage.root]["porttree"].dbapi.aux_get(sys.argv[1], ["IUSE"])[0])';
  const { answer, exitCode } = await runProcess({
    command: [machine.portage.python, '-c', query, cpv],
    environment: machine.environment,
    timeoutMs: QUERY_TIMEOUT_MS,
    answerLimitBytes: 1024 * 1024,
  });
  if (exitCode !== 0) return [];
  return answer
    .split(/\s+/)
    .filter((flag) => flag !== '')
    .map((flag) => flag.replace(/^[+-]/, ''));
}

/** A value of USE that switches on what is wanted and off what else the package knows. */
export function usePin(wanted: readonly string[], iuse: readonly string[]): string {
  const on = new Set(wanted);
  return [...on, ...iuse.filter((flag) => !on.has(flag)).map((flag) => `-${flag}`)].join(' ');
}
