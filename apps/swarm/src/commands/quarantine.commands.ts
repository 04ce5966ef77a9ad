import type { api, EndpointResponse } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';
import { Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { printQuarantine, printQuarantined } from '../print/quarantine.views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { authorFor } from './profile.commands.js';

interface ProfileOptions extends ApiOptions {
  readonly profile?: string;
}

interface ChangeOptions extends ProfileOptions {
  readonly reason: string;
  readonly author?: string;
}

type Moved = EndpointResponse<typeof api.releaseQuarantine>;

/** Packages that are not tried again: which, on what evidence, and in and out by hand. */
export function quarantineCommand(surroundings: Surroundings): Command {
  const command = new Command('quarantine').description('packages that are not tried again, and why');
  command.addCommand(
    ofProfile(apiCommand('list', 'all of them, newest first')).action(async (options: ProfileOptions) => {
      const data = await clientFor(options, surroundings).call('quarantine', { profile: options.profile });
      show(data, options, surroundings, ({ quarantine }) => printQuarantine(quarantine));
    }),
  );
  command.addCommand(
    ofProfile(apiCommand('show', 'the evidence: attempts, drones, classes, ends of logs'))
      .argument('<atom>', 'category/name-version, category/name or name')
      .action(async (atom: string, options: ProfileOptions) => {
        const details = await evidence(clientFor(options, surroundings), atom, options.profile);
        show({ quarantine: details }, options, surroundings, (data) =>
          data.quarantine.map(printQuarantined).join('\n'),
        );
      }),
  );
  for (const [name, route, description] of [
    ['release', 'releaseQuarantine', 'lets packages be tried again'],
    ['add', 'addQuarantine', 'keeps packages of open plans from being tried'],
  ] as const) {
    command.addCommand(
      ofProfile(apiCommand(name, description))
        .argument('<atom>', 'category/name-version, category/name or name')
        .option('--reason <text>', 'why, in one line; it stays in the history', '')
        .option('--author <name>', 'who says so; default: the name of the user')
        .action(async (atom: string, options: ChangeOptions) => {
          const { profile, reason } = options;
          const author = authorFor(options.author, surroundings);
          const moved = await clientFor(options, surroundings).call(route, { profile, atom, author, reason });
          show(moved, options, surroundings, printMoved);
        }),
    );
  }
  return command;
}

async function evidence(
  client: ApiClient,
  atom: string,
  profile: string | undefined,
): Promise<EndpointResponse<typeof api.quarantined>[]> {
  const { quarantine } = await client.call('quarantine', { profile });
  const found = quarantine.filter(({ cpv }) => isCalled(cpv, atom));
  if (found.length === 0) {
    throw new SwarmError('SWARM_FAILED', `Nothing in quarantine is called ${atom}.`, {
      hint: '`swarm quarantine list` shows what is.',
    });
  }
  return Promise.all(found.map(({ jobId }) => client.call('quarantined', { id: jobId })));
}

/** As the scheduler compares: a CPV, `category/name` or a name. */
function isCalled(cpv: string, atom: string): boolean {
  const name = cpv.replace(/-\d[^-]*(?:-r\d+)?$/, '');
  return cpv === atom || name === atom || name.split('/')[1] === atom;
}

function printMoved({ moved }: Moved): string {
  const words: Readonly<Record<string, string>> = { superseded: 'is free: the next plan builds it' };
  return moved.map(({ cpv, state }) => `${cpv} ${words[state] ?? `is ${state}`}\n`).join('');
}

function ofProfile(command: Command): Command {
  return command.option('--profile <name>', 'of this profile; may be left out where there is only one');
}
