import { runLedService } from '@swarm/control-plane';
import { createLogger, newId, runMain, systemClock } from '@swarm/platform';

import { readHealerConfig } from './config.js';
import { HealerModule } from './healer.module.js';
import { HealerService } from './healer.service.js';

const logger = createLogger({ service: 'healer' });

await runMain(logger, async () => {
  const config = readHealerConfig(process.env);
  await runLedService({
    name: 'healer',
    logger,
    ...config,
    compose: (database, bus) => {
      const ports = {
        ...database,
        clock: systemClock,
        newId,
        log: logger,
        liveness: config.liveness,
        rung1CooldownMs: config.rung1CooldownMs,
      };
      const service = new HealerService(ports, bus, config.sweepMs);
      return { module: HealerModule.with(service), duty: service };
    },
  });
});
