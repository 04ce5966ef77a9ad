import { Module, type DynamicModule } from '@nestjs/common';

import { MonitorService } from './monitor.service.js';

/** The service as Nest sees it; everything it stands on is made by `main.ts`, or by a test. */
@Module({})
export class MonitorModule {
  static with(service: MonitorService): DynamicModule {
    return { module: MonitorModule, providers: [{ provide: MonitorService, useValue: service }] };
  }
}
