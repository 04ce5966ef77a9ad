import { join, resolve } from 'node:path';

import { ensurePortage, findGit } from '@swarm/adapter-portage';
import { ensureNatsServer } from '@swarm/platform';
import { Command } from 'commander';

import { projectHome } from './up.command.js';

/** `swarm setup`: everything that `up`, the demo and the tests need, found or installed, and said where it is. */
export function setupCommand(): Command {
  return new Command('setup')
    .description('find or install nats-server and Portage, and say what is there')
    .option('--cache <dir>', 'where downloads are kept')
    .action(async ({ cache }: { readonly cache?: string }) => {
      const cacheDir = cache === undefined ? join(projectHome(), '.cache') : resolve(cache);
      const nats = await ensureNatsServer({ cacheDir });
      say(`nats-server ${nats.version} (${nats.source})`);
      const setup = await ensurePortage({ cacheDir, onProgress: say });
      if (setup.kind === 'ready') say(`Portage ${setup.portage.version} (${setup.portage.source})`);
      else say(`no Portage: ${setup.reason} ${setup.remedy}`);
      const git = await findGit();
      say(
        git === undefined
          ? 'no git: install it where a configuration pins a repository to a commit; nothing else needs it'
          : `git (${git}), for repositories that are pinned to a commit`,
      );
    });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
