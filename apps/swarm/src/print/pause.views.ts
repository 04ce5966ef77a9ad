import type { api, EndpointResponse, PauseView } from '@swarm/contracts';

import { plain } from './text.js';

/** What stands before everything else in the status (S19); nothing where nothing is paused. */
export function pauseLines(pauses: readonly PauseView[]): string[] {
  return pauses.map(({ line }) => `PAUSED: ${plain(line)}`);
}

export function printPaused({ line, resume }: PauseView): string {
  return `${plain(line)}\n\`${plain(resume)}\` ends it before its time; what is being built goes on.\n`;
}

export function printResumed({ ended, standing }: EndpointResponse<typeof api.endPause>): string {
  const head = ended
    ? `the pause by ${plain(ended.author)} is over: ${plain(ended.reason)}`
    : 'There was no such pause.';
  return [head, ...pauseLines(standing), ''].join('\n');
}
