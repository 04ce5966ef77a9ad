import type { ProfileVersionView, PushedVersion } from '@swarm/contracts';
import type { Configuration } from '@swarm/domain-plan';
import { SwarmError } from '@swarm/kernel';
import { Option, type Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import {
  readConfiguration,
  readConfigurationFile,
  type FoundConfiguration,
} from '../configuration/configuration-source.js';
import {
  printChangeSummary,
  printDiff,
  printPushed,
  printVersion,
  printVersions,
} from '../print/profile.views.js';
import { logText } from '../print/text.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';

interface PushOptions extends ApiOptions {
  readonly from: string;
  readonly world?: string;
  readonly repository: readonly string[];
  readonly makeProfile?: string;
  readonly leaveOut: readonly string[];
  readonly configuration?: string;
  readonly reason?: string;
  readonly author?: string;
  readonly create?: boolean;
}

interface VersionOptions extends ApiOptions {
  readonly version: string;
  readonly file?: string;
}

/** What is made of a profile that is created by its first push. */
const NEW_PROFILE = { kind: 'portage', targets: ['@world'] } as const;
const VERSION = 'number, digest (10 digits of it do) or "current"';

/** `push`, `show`, `versions` and `diff` of a profile. */
export function profileCommands(surroundings: Surroundings): Command[] {
  return [
    pushCommand(surroundings),
    apiCommand('show', 'one version of a profile: what is in it')
      .argument('<name>', 'of the profile')
      .option('--version <version>', VERSION, 'current')
      .option('--file <path>', 'the text of this file below etc/portage')
      .action(async (name: string, options: VersionOptions) => {
        const { version, file } = options;
        const data = await clientFor(options, surroundings).call('profileVersion', { name, version });
        if (file === undefined) show(data, options, surroundings, printVersion);
        else showFile(data, file, options, surroundings);
      }),
    apiCommand('versions', 'what was pushed to a profile, newest first')
      .argument('<name>', 'of the profile')
      .action(async (name: string, options: ApiOptions) => {
        const data = await clientFor(options, surroundings).call('profileVersions', { name });
        show(data, options, surroundings, ({ versions }) => printVersions(versions));
      }),
    apiCommand('diff', 'what changed between two versions of a profile')
      .argument('<name>', 'of the profile')
      .argument('[from]', `${VERSION}; default: the one before the other`)
      .argument('[to]', `${VERSION}; default: current`)
      .action(async (name: string, from: string | undefined, to: string | undefined, options: ApiOptions) => {
        const data = await clientFor(options, surroundings).call('profileDiff', { name, from, to });
        show(data, options, surroundings, printDiff);
      }),
  ];
}

function pushCommand(surroundings: Surroundings): Command {
  const all = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  const read = ['from', 'world', 'repository', 'makeProfile', 'leaveOut'];
  return apiCommand('push', 'make a Portage configuration the current one of a profile')
    .argument('<name>', 'of the profile')
    .option('--from <dir>', 'directory with etc/portage', '/')
    .option('--world <file>', 'world file; default: var/lib/portage/world and world_sets below --from')
    .option('--repository <name=place[@revision]>', 'git URL or directory; the main one first', all, [])
    .option('--make-profile <repository:path>', 'default: what make.profile says')
    .option('--leave-out <path>', 'not this file or directory below etc/portage', all, [])
    .addOption(
      new Option(
        '--configuration <file>',
        'a whole configuration as JSON, as `show --json` prints it',
      ).conflicts(read),
    )
    .option('--reason <text>', 'why, in one line')
    .option('--author <name>', 'who pushes; default: the name of the user')
    .option('--create', `make the profile, of kind ${NEW_PROFILE.kind}, where it is not there`)
    .action(async (name: string, options: PushOptions) => {
      const { configuration, notes } = await configurationFor(options);
      for (const note of notes) surroundings.err(`swarm: ${note}\n`);
      const client = clientFor(options, surroundings);
      if (options.create) await ensureProfile(client, name);
      const pushed = await push(client, name, configuration, { options, surroundings });
      const summary = pushed.isNew && !options.json ? await changesOf(client, pushed) : '';
      show(pushed, options, surroundings, (data) => printPushed(data) + summary);
    });
}

async function configurationFor(options: PushOptions): Promise<FoundConfiguration> {
  if (options.configuration !== undefined) {
    return { configuration: await readConfigurationFile(options.configuration), notes: [] };
  }
  const { from, world, repository: repositories, makeProfile, leaveOut } = options;
  return readConfiguration({ from, world, repositories, makeProfile, leaveOut });
}

async function ensureProfile(client: ApiClient, name: string): Promise<void> {
  const { profiles } = await client.call('profiles', {});
  if (profiles.some((profile) => profile.name === name)) return;
  await client.call('putProfile', { name, ...NEW_PROFILE, targets: [...NEW_PROFILE.targets] });
}

function push(
  client: ApiClient,
  name: string,
  configuration: Configuration,
  how: { readonly options: PushOptions; readonly surroundings: Surroundings },
): Promise<PushedVersion> {
  const { options, surroundings } = how;
  return client.call('pushProfile', {
    name,
    configuration,
    author: authorFor(options.author, surroundings),
    reason: options.reason ?? `pushed from ${options.configuration ?? options.from}`,
  });
}

/** Who does what is done: the option, or the user's name. */
export function authorFor(given: string | undefined, { env }: Pick<Surroundings, 'env'>): string {
  const user = env['USER'];
  return given ?? (user === undefined || user === '' ? 'operator' : user);
}

async function changesOf(client: ApiClient, { version }: PushedVersion): Promise<string> {
  const { profile: name, number } = version;
  if (number === 1) return '';
  return printChangeSummary(await client.call('profileDiff', { name, to: String(number) }));
}

function showFile(
  { profile, number, configuration }: ProfileVersionView,
  file: string,
  options: ApiOptions,
  surroundings: Surroundings,
): void {
  const text = Object.hasOwn(configuration.files, file) ? configuration.files[file] : undefined;
  if (text === undefined) {
    throw new SwarmError('SWARM_FAILED', `Version ${number} of ${profile} has no file ${file}.`, {
      hint: `\`swarm profile show ${profile}\` lists its files.`,
    });
  }
  show({ file, text }, options, surroundings, (data) => logText(data.text, surroundings.isTerminal));
}
