import type { Command } from 'commander';

import { printWhy } from '../print/why.views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';

/** `why`: what keeps a package from being built. Ends well with every answer, also that nobody asked for it. */
export function whyCommand(surroundings: Surroundings): Command {
  return apiCommand('why', 'why a package is not built, what would change that, and when to expect it')
    .argument('<atom>', 'an atom, a CPV, or a name without its category')
    .option('--profile <name>', 'only for this profile')
    .action(async (atom: string, options: ApiOptions & { readonly profile?: string }) => {
      const data = await clientFor(options, surroundings).call('why', { atom, profile: options.profile });
      show(data, options, surroundings, (found) => printWhy(found, surroundings.now()));
    });
}
