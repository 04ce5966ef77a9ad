import type { Handler, WorkAssigned } from '@swarm/contracts';

import type { PerformWork } from './use-cases/perform-work.js';

const UNREPORTED_RETRY_MS = 5000;

/** The message is settled only when the result is on the stream; until then it may come again, and is answered again. */
export function onWorkAssigned(perform: PerformWork): Handler<typeof WorkAssigned> {
  return async (assigned) =>
    (await perform.execute(assigned))
      ? { kind: 'done' }
      : { kind: 'retry', afterMs: UNREPORTED_RETRY_MS, reason: 'the result could not be reported yet' };
}
