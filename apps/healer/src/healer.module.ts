import { Module, type DynamicModule } from '@nestjs/common';

import { HealerService } from './healer.service.js';

/** The service as Nest sees it; everything it stands on is made by `main.ts`, or by a test. */
@Module({})
export class HealerModule {
  static with(service: HealerService): DynamicModule {
    return { module: HealerModule, providers: [{ provide: HealerService, useValue: service }] };
  }
}
