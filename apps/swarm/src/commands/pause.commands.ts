import type { Command } from 'commander';

import { printPaused, printResumed } from '../print/pause.views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { durationMs } from './duration-option.js';
import { authorFor } from './profile.commands.js';

interface ScopeOptions extends ApiOptions {
  readonly profile?: string;
  readonly plan?: string;
  readonly author?: string;
}

interface PauseOptions extends ScopeOptions {
  readonly reason: string;
  readonly for?: string;
}

/** `pause` and `resume`: whether drones are given new work. */
export function pauseCommands(surroundings: Surroundings): Command[] {
  return [
    scoped('pause', 'hand out no new work for a while; what is in hand goes on')
      .requiredOption('--reason <text>', 'why, in one line; status shows it')
      .option('--for <duration>', 'how long, e.g. 90m or 2d, at most 7d; default: 4h')
      .action(async (options: PauseOptions) => {
        const { profile, plan, reason } = options;
        const forMs = options.for === undefined ? undefined : durationMs('--for', options.for);
        const author = authorFor(options.author, surroundings);
        const wish = { profile, plan, forMs, author, reason };
        const pause = await clientFor(options, surroundings).call('beginPause', wish);
        show(pause, options, surroundings, printPaused);
      }),
    scoped('resume', 'end a pause before its time').action(async (options: ScopeOptions) => {
      const { profile, plan } = options;
      const author = authorFor(options.author, surroundings);
      const data = await clientFor(options, surroundings).call('endPause', { profile, plan, author });
      show(data, options, surroundings, printResumed);
    }),
  ];
}

function scoped(name: string, description: string): Command {
  return apiCommand(name, description)
    .option('--profile <name>', 'of this profile; default: of the whole swarm')
    .option('--plan <id>', 'of this plan; default: of the whole swarm')
    .option('--author <name>', 'who says so; default: the name of the user');
}
