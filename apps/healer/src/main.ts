import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { makePager } from '@swarm/adapter-notify';
import { sshHosts } from '@swarm/adapter-ssh';
import { runLedService } from '@swarm/control-plane';
import { SwarmError } from '@swarm/kernel';
import { createLogger, newId, runMain, systemClock } from '@swarm/platform';

import { readHealerConfig, type HealerConfig } from './config.js';
import { HealerModule } from './healer.module.js';
import { HealerService } from './healer.service.js';

const logger = createLogger({ service: 'healer' });

await runMain(logger, async () => {
  const config = readHealerConfig(process.env);
  const access = sshHosts({
    privateKey: await privateKeyOf(config),
    pause: async (ms) => {
      await delay(ms);
    },
  });
  const { webhookUrl, ntfyUrl, smtp } = config.notify;
  const pager = makePager({
    webhookUrl: webhookUrl?.reveal(),
    ntfyUrl: ntfyUrl?.reveal(),
    smtp: smtp && { ...smtp, url: smtp.url.reveal() },
  });
  if (!webhookUrl && !ntfyUrl && !smtp) {
    logger.warn({}, 'no way to people is configured: alarms are events and rows only (SWARM_NOTIFY_…)');
  }
  await runLedService({
    name: 'healer',
    logger,
    ...config,
    compose: (database, bus) => {
      const ports = {
        ...database,
        ...{ access, pager, clock: systemClock, newId, log: logger },
        ...{
          liveness: config.liveness,
          rung1CooldownMs: config.rung1CooldownMs,
          healingPolicy: config.healing,
        },
      };
      const service = new HealerService(ports, bus, config.sweepMs);
      return { module: HealerModule.with(service), duty: service };
    },
  });
});

async function privateKeyOf({ sshKeyFile }: HealerConfig): Promise<string | undefined> {
  if (sshKeyFile === undefined) return undefined;
  try {
    return await readFile(sshKeyFile, 'utf8');
  } catch (error) {
    throw new SwarmError('SWARM_CONFIG', `SWARM_SSH_KEY_FILE: ${sshKeyFile} cannot be read.`, {
      ...{ hint: 'Name a private key without a passphrase, or leave the variable out.', cause: error },
    });
  }
}
