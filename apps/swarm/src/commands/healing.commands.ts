import { readFile } from 'node:fs/promises';

import type { api, EndpointInput } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';
import { Command, Option } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { printActions, printHost, printHosts, printScan } from '../print/healing.views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { durationMs } from './duration-option.js';
import { authorFor } from './profile.commands.js';

interface HostOptions extends ApiOptions {
  readonly address: string;
  readonly port: string;
  readonly user: string;
  readonly init: 'openrc' | 'systemd';
  readonly kind: 'lxc' | 'qemu' | 'docker' | 'bare-metal';
  readonly hostKey?: string;
  readonly scan?: boolean;
  readonly yes?: boolean;
  readonly machineId?: string;
  readonly protected?: boolean;
  readonly consentReboot?: boolean;
  readonly author?: string;
}

/** How a host proves that it is the drone (S14). */
interface Identity {
  readonly hostKeys: string[];
  readonly machineId: string;
}

/** Commands about the machines of drones: where they are, what the healer did there, and what it may do. */
export function healingCommands(surroundings: Surroundings): Command[] {
  return [
    hostCommand(surroundings),
    apiCommand('confirm-reboot', 'allow the reboot that the swarm asks for, once')
      .argument('<drone>')
      .option('--for <duration>', 'how long it is allowed, e.g. 30m, at most 1d; default: 30m')
      .option('--author <name>', 'who says so; default: the name of the user')
      .action(
        async (drone: string, options: ApiOptions & { readonly for?: string; readonly author?: string }) => {
          const forMs = options.for === undefined ? undefined : durationMs('--for', options.for);
          const author = authorFor(options.author, surroundings);
          const data = await clientFor(options, surroundings).call('confirmReboot', { drone, forMs, author });
          show(data, options, surroundings, ({ until }) => `${drone} may be rebooted once, until ${until}\n`);
        },
      ),
    apiCommand('actions', 'what the healer did at a drone, and what its host said')
      .argument('<drone>')
      .option('--limit <count>', 'of the latest so many', '20')
      .option('--output', 'also what the programs of its host said')
      .action(
        async (
          drone: string,
          options: ApiOptions & { readonly limit: string; readonly output?: boolean },
        ) => {
          const { limit, output = false } = options;
          const data = await clientFor(options, surroundings).call('healingActions', { drone, limit });
          show(data, options, surroundings, ({ actions }) => printActions(actions, output));
        },
      ),
  ];
}

function hostCommand(surroundings: Surroundings): Command {
  const command = new Command('host').description('the host book: where the machines of drones are');
  command.addCommand(
    apiCommand('list', 'every page of it').action(async (options: ApiOptions) => {
      const data = await clientFor(options, surroundings).call('droneHosts', {});
      show(data, options, surroundings, ({ hosts }) => printHosts(hosts));
    }),
  );
  command.addCommand(
    apiCommand('show', 'the page of one drone')
      .argument('<drone>')
      .action(async (drone: string, options: ApiOptions) => {
        const { hosts } = await clientFor(options, surroundings).call('droneHosts', {});
        const host = hosts.find((each) => each.drone === drone);
        if (!host) {
          throw new SwarmError('SWARM_FAILED', `The host book says nothing of ${drone}.`, {
            hint: '`swarm drone host set` writes its page.',
          });
        }
        show(host, options, surroundings, printHost);
      }),
  );
  command.addCommand(
    apiCommand('set', 'write the page of a drone')
      .argument('<drone>')
      .requiredOption('--address <host>', 'name or IP address of its machine')
      .option('--port <number>', 'of its sshd', '22')
      .option('--user <name>', 'who logs in', 'root')
      .addOption(
        new Option('--init <system>', 'its service manager').choices(['openrc', 'systemd']).default('openrc'),
      )
      .addOption(
        new Option('--kind <kind>', 'what it is; bare metal is protected unless said otherwise')
          .choices(['lxc', 'qemu', 'docker', 'bare-metal'])
          .makeOptionMandatory(),
      )
      .option('--host-key <file>', 'its keys: lines of known_hosts, or a .pub file')
      .option('--scan', 'ask the machine for its keys and its machine id; with --yes they are pinned')
      .option('--yes', 'pin what the scan says')
      .option('--machine-id <id>', 'content of its /etc/machine-id')
      .option('--protected', 'never reboot it')
      .option('--no-protected', 'let it be rebooted, though it is bare metal')
      .option('--consent-reboot', 'standing consent: it may be rebooted without being asked for each time')
      .option('--author <name>', 'who says so; default: the name of the user')
      .action(async (drone: string, options: HostOptions) => {
        await setHost(drone, options, surroundings);
      }),
  );
  return command;
}

async function setHost(drone: string, options: HostOptions, surroundings: Surroundings): Promise<void> {
  const client = clientFor(options, surroundings);
  const { address, user, init, kind, consentReboot: mayReboot = false } = options;
  const port = portOf(options.port);
  const identity = await identityOf(client, { ...options, port }, surroundings);
  if (!identity) return;
  const page: EndpointInput<typeof api.setDroneHost> = {
    ...{ drone, address, port, user, init, kind, mayReboot, ...identity },
    ...(options.protected !== undefined && { isProtected: options.protected }),
    author: authorFor(options.author, surroundings),
  };
  show(await client.call('setDroneHost', page), options, surroundings, printHost);
}

/** Undefined where a scan was shown and nobody said yes to it: nothing is pinned then. */
async function identityOf(
  client: ApiClient,
  {
    scan,
    yes,
    hostKey,
    machineId,
    address,
    port,
    user,
  }: Omit<HostOptions, 'port'> & { readonly port: number },
  surroundings: Surroundings,
): Promise<Identity | undefined> {
  if (scan !== true) {
    if (hostKey !== undefined && machineId !== undefined) {
      return { hostKeys: linesOf(await textOf(hostKey)), machineId };
    }
    throw new SwarmError(
      'SWARM_USAGE',
      `${hostKey === undefined ? '--host-key' : '--machine-id'} is missing.`,
      {
        hint: 'Give both, or --scan to ask the machine for them.',
      },
    );
  }
  const seen = await client.call('scanHost', { address, port, user });
  surroundings.err(printScan(seen));
  const id = machineId ?? seen.machineId;
  if (id === null) {
    throw new SwarmError('SWARM_FAILED', `The machine id is not known: ${seen.note}.`, {
      hint: 'Give --machine-id, or let the healer in.',
    });
  }
  const hostKeys = hostKey === undefined ? seen.keys.map(({ line }) => line) : linesOf(await textOf(hostKey));
  if (yes === true) return { hostKeys, machineId: id };
  surroundings.out(
    'Nothing is pinned yet: compare the fingerprints at the machine, then say it again with --yes.\n',
  );
  return undefined;
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new SwarmError('SWARM_USAGE', `--port: "${text}" is no port.`, { hint: 'Give a number, e.g. 22.' });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new SwarmError('SWARM_USAGE', `--host-key: ${file} cannot be read.`, {
      ...{ hint: 'Name a file in known_hosts format, or a .pub file.', cause: error },
    });
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
