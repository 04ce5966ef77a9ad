import { createLogger, runMain } from '@swarm/platform';

import { readBinhostConfig } from './config.js';
import { startBinhost } from './start-binhost.js';

const logger = createLogger({ service: 'binhost' });

await runMain(logger, async () => {
  const config = readBinhostConfig(process.env);
  logger.level = config.logLevel;
  await startBinhost(config, { logger });
});
