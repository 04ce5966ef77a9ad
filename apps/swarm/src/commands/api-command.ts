import { Command } from 'commander';

import { ApiClient } from '../client/api-client.js';
import type { Surroundings } from '../surroundings.js';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** What every command that talks to the gateway understands. */
export interface ApiOptions {
  readonly url?: string;
  readonly json?: boolean;
}

/** A command with `--json` and `--url`. */
export function apiCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json', "print the API's JSON")
    .option('--url <url>', `address of the gateway (SWARM_URL, default ${DEFAULT_URL})`);
}

export function clientFor(options: ApiOptions, { env }: Surroundings): ApiClient {
  // A variable that is set but empty counts as not set.
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  return new ApiClient({
    url: options.url ?? set('SWARM_URL') ?? DEFAULT_URL,
    token: set('SWARM_API_TOKEN'),
  });
}

/** Prints the data of a command: as JSON when asked for, for people otherwise. */
export function show<T>(
  data: T,
  options: ApiOptions,
  surroundings: Surroundings,
  print: (data: T) => string,
): void {
  surroundings.out(options.json ? `${JSON.stringify(data, null, 2)}\n` : print(data));
}
