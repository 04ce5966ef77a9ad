import { hash, randomBytes } from 'node:crypto';

import { cronCalendar } from '@swarm/adapter-cron';
import { runLedService } from '@swarm/control-plane';
import { createLogger, newId, runMain, systemClock } from '@swarm/platform';

import { readSchedulerConfig } from './config.js';
import { documentOf } from './plan-document.reader.js';
import { SchedulerModule } from './scheduler.module.js';
import { SchedulerService } from './scheduler.service.js';

/** 192 bits: nobody guesses an upload token. */
const TOKEN_BYTES = 24;

const logger = createLogger({ service: 'scheduler' });

await runMain(logger, async () => {
  const config = readSchedulerConfig(process.env);
  await runLedService({
    name: 'scheduler',
    logger,
    ...config,
    compose: (database, bus) => {
      const ports = {
        ...database,
        calendar: cronCalendar(),
        clock: systemClock,
        entropy: {
          id: newId,
          token: () => randomBytes(TOKEN_BYTES).toString('base64url'),
          sha256: (text: string) => hash('sha256', text),
        },
        log: logger,
        policy: config.policy,
        readDocument: documentOf,
        binhostUrl: config.binhostUrl,
      };
      const service = new SchedulerService(ports, bus, config.scanMs);
      return { module: SchedulerModule.with(service), duty: service };
    },
  });
});
