import {
  JobStateName,
  type api,
  type EndpointResponse,
  type JobSummary,
  type Status,
} from '@swarm/contracts';
import { Command, Option } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { printJobs, printProfiles, printReleases, printStatus } from '../print/views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { droneCommands } from './drone.commands.js';
import { healingCommands } from './healing.commands.js';
import { profileCommands } from './profile.commands.js';
import { scheduleCommands } from './schedule.commands.js';
import { whyCommand } from './why.command.js';

/** Jobs that nobody waits for any more. */
const OVER: readonly JobStateName[] = ['published', 'superseded', 'cancelled'];
/** What a person wants to see first. */
const ORDER: readonly JobStateName[] = [
  'quarantined',
  'blocked',
  'delegated',
  'received',
  'needed',
  'waiting',
  'published',
  'superseded',
  'cancelled',
];

interface QueueOptions extends ApiOptions {
  readonly plan?: string;
  readonly state?: JobStateName;
  readonly all?: boolean;
}

export function status(client: ApiClient): Promise<Status> {
  return client.call('status', {});
}

/** Jobs that are not over (unless all are wanted), the troubled ones first. */
export async function queue(
  client: ApiClient,
  { plan, state, all = false }: Pick<QueueOptions, 'plan' | 'state' | 'all'>,
): Promise<EndpointResponse<typeof api.jobs>> {
  const { total, jobs } = await client.call('jobs', { plan, state });
  const wanted = jobs.filter((job) => all || state !== undefined || !OVER.includes(job.state));
  return { total, jobs: wanted.sort(byUrgency) };
}

function byUrgency(a: JobSummary, b: JobSummary): number {
  return ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.cpv.localeCompare(b.cpv);
}

/** Commands that read once and print. */
export function readCommands(surroundings: Surroundings): Command[] {
  return [
    apiCommand('status', 'the numbers, and the next thing to do').action(async (options: ApiOptions) => {
      show(await status(clientFor(options, surroundings)), options, surroundings, printStatus);
    }),
    apiCommand('queue', 'what is not built yet, and why')
      .option('--plan <id>', 'of this plan; default: the latest of each profile')
      .addOption(new Option('--state <state>', 'only these').choices(JobStateName.options))
      .option('--all', 'also what is over')
      .action(async (options: QueueOptions) => {
        const data = await queue(clientFor(options, surroundings), options);
        show(data, options, surroundings, ({ jobs }) => printJobs(jobs));
      }),
    whyCommand(surroundings),
    group('drone', 'build machines', [...droneCommands(surroundings), ...healingCommands(surroundings)]),
    group('release', 'what workstations install from', [
      apiCommand('list', 'every release, newest first')
        .option('--profile <name>', 'of this profile')
        .action(async (options: ApiOptions & { readonly profile?: string }) => {
          const data = await clientFor(options, surroundings).call('releases', { profile: options.profile });
          show(data, options, surroundings, ({ releases }) => printReleases(releases));
        }),
    ]),
    group('schedule', 'what is planned again and again', scheduleCommands(surroundings)),
    group('profile', 'build targets', [
      apiCommand('list', 'every profile').action(async (options: ApiOptions) => {
        const data = await clientFor(options, surroundings).call('profiles', {});
        show(data, options, surroundings, ({ profiles }) => printProfiles(profiles));
      }),
      ...profileCommands(surroundings),
    ]),
  ];
}

function group(name: string, description: string, commands: readonly Command[]): Command {
  const command = new Command(name).description(description);
  for (const child of commands) command.addCommand(child);
  return command;
}
