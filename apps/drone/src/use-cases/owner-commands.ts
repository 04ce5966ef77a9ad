import type { Clock } from '@swarm/kernel';

import type { StandingPause } from '../ports/owner-pause.js';

export interface OwnerCommandPorts {
  readonly pause: {
    standing(): Promise<StandingPause | undefined>;
    begin(pause: StandingPause): Promise<void>;
    end(): Promise<boolean>;
  };
  readonly clock: Clock;
  readonly out: (line: string) => void;
}

const USAGE = 'usage: swarm-drone pause [reason…] | resume | paused';

/**
 * What the owner of a machine may say on the machine itself; needs nothing but the state directory, so it holds
 * whatever the control plane says or does. False for words that it does not know.
 */
export async function ownerCommand(words: readonly string[], ports: OwnerCommandPorts): Promise<boolean> {
  const { pause, clock, out } = ports;
  const [command = '', ...rest] = words;
  switch (command) {
    case 'pause':
      await pause.begin({ reason: rest.join(' '), since: clock.now().toISOString() });
      out('paused: the drone finishes what it has and takes no more, until `swarm-drone resume`');
      return true;
    case 'resume':
      out((await pause.end()) ? 'resumed: the drone takes work again' : 'it was not paused');
      return true;
    case 'paused': {
      const standing = await pause.standing();
      out(
        standing
          ? `paused since ${standing.since || '?'}: ${standing.reason || 'no reason given'}`
          : 'not paused',
      );
      return true;
    }
    default:
      out(USAGE);
      return false;
  }
}
