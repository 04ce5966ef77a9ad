import { findings, type ActionEnd, type EndState, type HealingAction } from './action.js';
import type { HostReport } from './host-access.js';
import type { HealingPolicy } from './policy.js';

/** What a look at the host says of an act whose result is not known; null: it is too early to tell. */
export type Settlement = ActionEnd | null;

/**
 * The end of an act that was begun and whose result nobody saw: a reboot on its way, or anything that a healer was
 * killed over. It is settled by looking at the host, and never by doing it again. Pure.
 */
export function settle(
  action: HealingAction,
  report: HostReport,
  policy: Pick<HealingPolicy, 'rebootLimitMs'>,
  now: Date,
): Settlement {
  const { found, detail, output } = report;
  const ended = (state: EndState, line: string): ActionEnd => ({
    state,
    at: now,
    found,
    detail: line,
    output,
  });
  if (findings[found].isIdentityWrong) return ended('failed', detail);
  switch (action.kind) {
    case 'restart':
      return found === 'agent-up'
        ? ended('done', 'found running by a later look')
        : ended('failed', `its result was not seen, and now: ${detail}`);
    case 'reboot':
      return ofReboot(action, report, { ended, limitMs: policy.rebootLimitMs, now });
    case 'page':
    case 'probe':
    case 'recovered':
      return ended('failed', 'it was interrupted');
  }
}

function ofReboot(
  { bootBefore, begunAt }: HealingAction,
  { boot, detail }: HostReport,
  at: {
    readonly ended: (state: EndState, line: string) => ActionEnd;
    readonly limitMs: number;
    readonly now: Date;
  },
): Settlement {
  // The boot is noted before anything is executed: without it, nothing was.
  if (bootBefore === null) return at.ended('failed', 'it was interrupted before anything was executed');
  if (boot !== null && boot !== bootBefore) return at.ended('done', 'the host is up with another boot');
  if (at.now.getTime() - begunAt.getTime() < at.limitMs) return null;
  const seconds = Math.round(at.limitMs / 1000);
  return boot === null
    ? at.ended('failed', `the host is not back after ${seconds} s: ${detail}`)
    : at.ended('failed', `the host is in the same boot after ${seconds} s: nothing was rebooted`);
}
