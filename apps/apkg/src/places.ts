import { isAbsolute, join } from 'node:path';

import { SwarmError } from '@swarm/kernel';

type Env = Readonly<Record<string, string | undefined>>;

/** Where apkg keeps what (XDG Base Directory Specification 0.8). */
export interface Places {
  readonly configFile: string;
  readonly stateDir: string;
}

/** The places of this environment; a relative path in an XDG variable counts as not set, as the specification says. */
export function placesOf(env: Env): Places {
  const base = (variable: string, fallback: string): string => {
    const given = env[variable];
    if (given !== undefined && isAbsolute(given)) return given;
    const home = env['HOME'];
    if (home === undefined || !isAbsolute(home)) {
      throw new SwarmError('SWARM_CONFIG', `Neither ${variable} nor HOME names a directory.`, {
        hint: 'Set HOME.',
      });
    }
    return join(home, fallback);
  };
  return {
    configFile: join(base('XDG_CONFIG_HOME', '.config'), 'apkg', 'config.json'),
    stateDir: join(base('XDG_STATE_HOME', '.local/state'), 'apkg'),
  };
}
