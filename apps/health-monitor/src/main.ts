import { createHmac, hash, timingSafeEqual } from 'node:crypto';

import { cronCalendar } from '@swarm/adapter-cron';
import { runLedService } from '@swarm/control-plane';
import { defaultSweepPolicy } from '@swarm/domain-maintenance';
import { createLogger, newId, runMain, systemClock } from '@swarm/platform';

import { readMonitorConfig } from './config.js';
import { MonitorModule } from './monitor.module.js';
import { MonitorService } from './monitor.service.js';
import { SweepDuty } from './sweep-duty.js';
import { SettleHeld } from './use-cases/settle-held.js';
import { Sweep } from './use-cases/sweep.js';
import { SweepLook } from './use-cases/sweep-looks.js';
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
      const calendar = cronCalendar();
      const policy = { ...defaultSweepPolicy, liveness: config.liveness };
      const looks = new SweepLook({ ...database, bus, calendar, clock: systemClock, newId, policy });
      const { maintenance } = database;
      const sweep = new SweepDuty(new Sweep({ ...ports, looks, maintenance, policy }), {
        ...{ everyMs: config.sweepMs, clock: systemClock, log: logger },
      });
      const watch = new WatchSchedules({
        ...{ schedules: database.schedules, calendar, clock: systemClock, log: logger },
        onMissed: () => sweep.wake(),
        sha256: (text) => hash('sha256', text),
      });
      const { jobs, plans } = database;
      const held = new SettleHeld({ ...ports, jobs, plans, bus });
      const service = new MonitorService(ports, bus, watch, held);
      const duty = {
        start: async () => {
          await service.start();
          sweep.start();
        },
        stop: async () => {
          await Promise.all([service.stop(), sweep.stop()]);
        },
      };
      return { module: MonitorModule.with(service), duty };
    },
  });
});
