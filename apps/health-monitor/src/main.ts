import { createHmac, hash, timingSafeEqual } from 'node:crypto';

import { cronCalendar } from '@swarm/adapter-cron';
import { runLedService } from '@swarm/control-plane';
import { createLogger, newId, runMain, systemClock } from '@swarm/platform';

import { readMonitorConfig } from './config.js';
import { MonitorModule } from './monitor.module.js';
import { MonitorService } from './monitor.service.js';
import { SettleHeld } from './use-cases/settle-held.js';
import { WatchSchedules } from './use-cases/watch-schedules.js';

/** One round trip through NATS that shows that signs of life can arrive. */
const HEARING_LIMIT_MS = 1_000;

const logger = createLogger({ service: 'health-monitor' });

await runMain(logger, async () => {
  const config = readMonitorConfig(process.env);
  await runLedService({
    name: 'health-monitor',
    logger,
    ...config,
    compose: (database, bus) => {
      const ports = {
        drones: database.drones,
        clock: systemClock,
        newId,
        isGenuine: (claim: string, proof: string) => {
          const right = createHmac('sha256', config.enrolmentKey.reveal()).update(claim).digest();
          const given = Buffer.from(proof, 'hex');
          return given.length === right.length && timingSafeEqual(given, right);
        },
        canHear: () =>
          bus.ping(HEARING_LIMIT_MS).then(
            () => true,
            () => false,
          ),
        log: logger,
        liveness: config.liveness,
        heartbeatMs: config.heartbeatMs,
      };
      const watch = new WatchSchedules({
        ...{ schedules: database.schedules, calendar: cronCalendar(), clock: systemClock, log: logger },
        sha256: (text) => hash('sha256', text),
      });
      const { jobs, plans } = database;
      const held = new SettleHeld({ ...ports, jobs, plans, bus });
      const service = new MonitorService(ports, bus, watch, held);
      return { module: MonitorModule.with(service), duty: service };
    },
  });
});
