import type { PauseView } from '@swarm/contracts';
import { pauseText, resumeCommand, standingPauses, type Pause } from '@swarm/domain-scheduling';

import type { GatewayPorts } from '../ports.js';

/** Pauses that stand now, the widest first (S19). */
export async function readPauses(ports: Pick<GatewayPorts, 'pauses' | 'clock'>): Promise<PauseView[]> {
  return (await standing(ports)).map(pauseView);
}

/** The same, for whoever decides by them. */
export async function standing({
  pauses,
  clock,
}: Pick<GatewayPorts, 'pauses' | 'clock'>): Promise<readonly Pause[]> {
  return standingPauses(await pauses.open(), clock.now());
}

export function pauseView(pause: Pause): PauseView {
  const { since, until, ...said } = pause;
  return {
    ...said,
    ...{ since: since.toISOString(), until: until.toISOString() },
    ...{ line: pauseText(pause), resume: resumeCommand(pause.scope) },
  };
}
