import type { ScheduleWish } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';
import { Option, type Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { printAdded, printChecks, printSchedules } from '../print/schedule.views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { durationMs } from './duration-option.js';

interface AddOptions extends ApiOptions {
  readonly cron: string;
  readonly zone: string;
  readonly profile?: string;
  readonly overlap: ScheduleWish['overlap'];
  readonly catchUp: ScheduleWish['catchUp'];
  readonly jitter: string;
}

interface PauseOptions extends ApiOptions {
  readonly reason: string;
  readonly for?: string;
  readonly author?: string;
}

/** `list`, `add`, `remove`, `run`, `check`, `enable`, `disable`, `pause` and `resume` of schedules. */
export function scheduleCommands(surroundings: Surroundings): Command[] {
  return [
    apiCommand('list', 'every schedule, when it fires next, and its last run').action(
      async (options: ApiOptions) => {
        const data = await clientFor(options, surroundings).call('schedules', {});
        show(data, options, surroundings, ({ schedules }) => printSchedules(schedules, surroundings.now()));
      },
    ),
    addCommand(surroundings),
    named(
      'remove',
      'remove a schedule; a run at work goes on',
      surroundings,
      async (client, name, options) => {
        const data = await client.call('removeSchedule', { name });
        show(data, options, surroundings, () => `schedule ${name} is removed\n`);
      },
    ),
    named('run', 'run a schedule now, by its overlap policy', surroundings, async (client, name, options) => {
      const data = await client.call('runSchedule', { name });
      show(data, options, surroundings, ({ runId }) => `run ${runId} of ${name} is on record\n`);
    }),
    checkCommand(surroundings),
    changeCommand('enable', 'let a schedule fire again, from now on', surroundings),
    changeCommand('disable', 'let a schedule fire no more until it is enabled', surroundings),
    pauseCommand(surroundings),
    changeCommand('resume', 'end the pause of a schedule', surroundings),
  ];
}

function addCommand(surroundings: Surroundings): Command {
  return apiCommand('add', 'make plans again and again')
    .argument('<name>', 'of the schedule, e.g. nightly')
    .argument('[targets...]', "atoms and sets; default: the profile's own")
    .requiredOption('--cron <expression>', 'five fields, e.g. "30 2 * * *", or @daily')
    .option('--zone <name>', 'time zone that the expression is read in, e.g. Europe/Berlin', 'UTC')
    .option('--profile <name>', 'of this profile; may be left out where there is only one')
    .addOption(
      new Option('--overlap <policy>', 'when the last run is still open')
        .choices(['skip', 'queue', 'replace'])
        .default('skip'),
    )
    .addOption(
      new Option(
        '--catch-up <policy>',
        'after a downtime: one run for all that were missed, none, or one each',
      )
        .choices(['one', 'none', 'all'])
        .default('one'),
    )
    .option('--jitter <duration>', 'put each run off by up to this, e.g. 10m', '0s')
    .action(async (name: string, targets: readonly string[], options: AddOptions) => {
      const { cron, zone, overlap, catchUp } = options;
      const jitterMaxMs = durationMs('--jitter', options.jitter);
      const client = clientFor(options, surroundings);
      const profile = options.profile ?? (await onlyProfile(client));
      const wish = { name, profile, targets: [...targets], cron, zone, overlap, catchUp, jitterMaxMs };
      const data = await client.call('addSchedule', wish);
      show(data, options, surroundings, (schedule) => printAdded(schedule, surroundings.now()));
    });
}

function checkCommand(surroundings: Surroundings): Command {
  return apiCommand('check', 'will it fire, and did it? exit 1 where the answer is no')
    .argument('[name]', 'of one schedule; default: every one')
    .action(async (name: string | undefined, options: ApiOptions) => {
      const data = await clientFor(options, surroundings).call('checkSchedules', { schedule: name });
      show(data, options, surroundings, (checks) => printChecks(checks, surroundings.now()));
      const bad = data.checks.filter(({ mistakes, overdue }) => mistakes.length > 0 || overdue.length > 0);
      if (!data.leading) throw new SwarmError('SWARM_FAILED', 'No scheduler leads: no schedule fires.');
      if (bad.length > 0) {
        const names = bad.map(({ schedule }) => schedule.name).join(', ');
        throw new SwarmError('SWARM_FAILED', `Wrong or overdue: ${names}.`);
      }
    });
}

function pauseCommand(surroundings: Surroundings): Command {
  return apiCommand('pause', 'let a schedule rest for a while')
    .argument('<name>', 'of the schedule')
    .requiredOption('--reason <text>', 'why, in one line')
    .option('--for <duration>', 'how long, e.g. 90m or 2d; default: 4h')
    .option('--author <name>', 'who pauses it; default: the name of the user')
    .action(async (name: string, options: PauseOptions) => {
      const { reason } = options;
      const forMs = options.for === undefined ? undefined : durationMs('--for', options.for);
      const author = options.author ?? surroundings.env['USER'] ?? 'operator';
      const data = await clientFor(options, surroundings).call('pauseSchedule', {
        name,
        reason,
        forMs,
        author,
      });
      show(data, options, surroundings, (schedule) => printAdded(schedule, surroundings.now()));
    });
}

function changeCommand(
  kind: 'enable' | 'disable' | 'resume',
  description: string,
  surroundings: Surroundings,
): Command {
  return named(kind, description, surroundings, async (client, name, options) => {
    const data = await client.call(`${kind}Schedule`, { name });
    show(data, options, surroundings, (schedule) => printAdded(schedule, surroundings.now()));
  });
}

function named(
  command: string,
  description: string,
  surroundings: Surroundings,
  act: (client: ApiClient, name: string, options: ApiOptions) => Promise<void>,
): Command {
  return apiCommand(command, description)
    .argument('<name>', 'of the schedule')
    .action((name: string, options: ApiOptions) => act(clientFor(options, surroundings), name, options));
}

async function onlyProfile(client: ApiClient): Promise<string> {
  const { profiles } = await client.call('profiles', {});
  const [only, ...others] = profiles.map(({ name }) => name);
  if (only !== undefined && others.length === 0) return only;
  const known = profiles.map(({ name }) => name).join(', ') || 'none';
  throw new SwarmError('SWARM_USAGE', 'Which profile? --profile names it.', { hint: `Profiles: ${known}.` });
}
