import { SwarmError } from '@swarm/kernel';
import type { Command } from 'commander';

import { printAudits } from '../print/audit.views.js';
import { printDrone, printOrdered } from '../print/drone.views.js';
import { printDrones } from '../print/views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { durationMs } from './duration-option.js';
import { authorFor } from './profile.commands.js';

interface OrderOptions extends ApiOptions {
  readonly reason: string;
  readonly author?: string;
  readonly for?: string;
}

/** Orders that need no more than a name, an author and a reason. */
const orders = [
  ['unground', 'ungroundDrone', 'end a grounding, without the one job that would decide'],
  ['resume', 'resumeDrone', 'end a drain'],
] as const;
const reasonedOrders = [
  ['drain', 'drainDrone', 'no more work until `resume`; it finishes what it has'],
  ['retire', 'retireDrone', 'out for ever: its work goes to others, its name may not come back'],
] as const;

/** `swarm drone …`: what the build machines do, and what a person wants of them. */
export function droneCommands(surroundings: Surroundings): Command[] {
  return [
    apiCommand('list', 'every drone and what it does').action(async (options: ApiOptions) => {
      const data = await clientFor(options, surroundings).call('drones', {});
      show(data, options, surroundings, ({ drones }) => printDrones(drones));
    }),
    named('show', 'one drone: its state and why, its work, its vital signs').action(
      async (drone: string, options: ApiOptions) => {
        const data = await clientFor(options, surroundings).call('drone', { drone });
        show(data, options, surroundings, printDrone);
      },
    ),
    apiCommand(
      'audit',
      'compares machines with their profile and their peers; exit code 1 where there is an error',
    )
      .argument('[drone]', 'only this one; its peers are asked as well')
      .action(async (drone: string | undefined, options: ApiOptions) => {
        const data = await clientFor(options, surroundings).call('auditDrones', { drone });
        show(data, options, surroundings, ({ audits }) => printAudits(audits));
        const isWrong = data.audits.some(({ findings }) =>
          findings.some(({ severity }) => severity === 'error'),
        );
        if (isWrong) throw new SwarmError('SWARM_FAILED', 'There is something to mend.');
      }),
    authored('ground', 'keep it from work; what it has goes to others at once')
      .requiredOption('--reason <text>', 'why, in one line')
      .option('--for <duration>', 'how long, e.g. 90m or 2d; default: until `unground`')
      .action(async (drone: string, options: OrderOptions) => {
        const forMs = options.for === undefined ? undefined : durationMs('--for', options.for);
        const wish = {
          drone,
          forMs,
          author: authorFor(options.author, surroundings),
          reason: options.reason,
        };
        const data = await clientFor(options, surroundings).call('groundDrone', wish);
        show(data, options, surroundings, printOrdered);
      }),
    ...reasonedOrders.map(([name, route, description]) =>
      ordering(
        authored(name, description).requiredOption('--reason <text>', 'why, in one line'),
        route,
        surroundings,
      ),
    ),
    ...orders.map(([name, route, description]) =>
      ordering(
        authored(name, description).option('--reason <text>', 'why, in one line', ''),
        route,
        surroundings,
      ),
    ),
  ];
}

type OrderRoute = (typeof orders)[number][1] | (typeof reasonedOrders)[number][1];

function ordering(command: Command, route: OrderRoute, surroundings: Surroundings): Command {
  return command.action(async (drone: string, options: OrderOptions) => {
    const wish = { drone, author: authorFor(options.author, surroundings), reason: options.reason };
    const data = await clientFor(options, surroundings).call(route, wish);
    show(data, options, surroundings, printOrdered);
  });
}

function named(name: string, description: string): Command {
  return apiCommand(name, description).argument('<drone>', 'its name, as `swarm drone list` shows it');
}

function authored(name: string, description: string): Command {
  return named(name, description).option('--author <name>', 'who says so; default: the name of the user');
}
