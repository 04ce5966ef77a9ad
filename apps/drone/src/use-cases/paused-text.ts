import type { StandingPause } from '../ports/owner-pause.js';

/** For reports and heartbeats. */
export function pausedText({ reason }: StandingPause): string {
  return reason === '' ? 'paused by its owner' : `paused by its owner: ${reason}`;
}
