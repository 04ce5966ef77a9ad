import { Module, type DynamicModule } from '@nestjs/common';

import { SchedulerService } from './scheduler.service.js';

/** The service as Nest sees it; everything it stands on is made by `main.ts`, or by a test. */
@Module({})
export class SchedulerModule {
  static with(service: SchedulerService): DynamicModule {
    return { module: SchedulerModule, providers: [{ provide: SchedulerService, useValue: service }] };
  }
}
