import type { EventView, JobSummary } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';
import { InvalidArgumentError, type Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { followEvents } from '../client/follow-events.js';
import { logText } from '../print/text.js';
import { printEvent } from '../print/views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, type ApiOptions } from './api-command.js';

/** Events that are shown when nobody says how many. */
const DEFAULT_EVENTS = 50;
/** Packages that an ambiguity names. */
const MAX_NAMED = 5;

interface LogOptions extends ApiOptions {
  readonly follow?: boolean;
  readonly attempt?: number;
}

interface EventOptions extends ApiOptions {
  readonly follow?: boolean;
  readonly limit: number;
}

/** The newest job that an atom names; refuses where it names several packages. */
export async function jobNamed(client: ApiClient, atom: string): Promise<JobSummary> {
  const { jobs } = await client.call('jobsByAtom', { atom });
  const [newest] = jobs;
  if (!newest) {
    throw new SwarmError('SWARM_FAILED', `No recent plan has a job for "${atom}".`, {
      hint: '`swarm queue --all` lists the jobs of the latest plans.',
    });
  }
  const ofNewest = [...new Set(jobs.filter(({ planId }) => planId === newest.planId).map(({ cpv }) => cpv))];
  if (ofNewest.length === 1) return newest;
  const named = ofNewest.slice(0, MAX_NAMED).join(', ');
  throw new SwarmError('SWARM_USAGE', `"${atom}" names several packages: ${named}.`, {
    hint: 'Name one of them.',
  });
}

/** A log's pieces, as they come. */
export async function* logs(
  client: ApiClient,
  atom: string,
  { follow, attempt, signal }: { follow: boolean; attempt: number | undefined; signal: AbortSignal },
): AsyncGenerator<string> {
  const job = await jobNamed(client, atom);
  yield* client.log({ id: job.id, attempt, follow: follow ? 'true' : 'false' }, signal);
}

/** The latest events, then, for a follower, what comes after them. */
export async function* events(
  client: ApiClient,
  { limit, follow }: Pick<EventOptions, 'limit' | 'follow'>,
  { signal, pause }: Pick<Surroundings, 'signal' | 'pause'>,
): AsyncGenerator<EventView> {
  const latest = await client.call('events', { limit });
  yield* latest.events;
  if (!follow) return;
  yield* followEvents(client, { after: latest.events.at(-1)?.sequence ?? 0, signal, pause });
}

/** Commands that print as things come; with `--json`, one object per line. */
export function followCommands(surroundings: Surroundings): Command[] {
  const { out, signal, isTerminal, now } = surroundings;
  return [
    apiCommand('logs', 'the build log of a package')
      .argument('<atom>', 'CPV, category/name or name')
      .option('-f, --follow', 'wait for more until the build ends')
      .option('--attempt <number>', 'of this attempt; default: the latest', positiveInteger)
      .action(async (atom: string, options: LogOptions) => {
        const { follow = false, attempt } = options;
        for await (const text of logs(clientFor(options, surroundings), atom, { follow, attempt, signal })) {
          out(options.json ? `${JSON.stringify({ text })}\n` : logText(text, isTerminal));
        }
      }),
    apiCommand('events', 'what happened')
      .option('-f, --follow', 'and what happens from now on')
      .option('--limit <number>', 'how many of the latest', positiveInteger, DEFAULT_EVENTS)
      .action(async (options: EventOptions) => {
        for await (const event of events(clientFor(options, surroundings), options, surroundings)) {
          out(options.json ? `${JSON.stringify(event)}\n` : printEvent(event, now()));
        }
      }),
  ];
}

function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a positive whole number.');
}
