import { Inject, Module, type DynamicModule, type MiddlewareConsumer, type NestModule } from '@nestjs/common';

import { GatewayServer, type GatewayOptions } from './gateway-server.js';

/** The HTTP side of the swarm. Its routes come from the table in contracts, not from decorators. */
@Module({})
export class GatewayModule implements NestModule {
  constructor(@Inject(GatewayServer) private readonly server: GatewayServer) {}

  static with(options: GatewayOptions): DynamicModule {
    return {
      module: GatewayModule,
      providers: [{ provide: GatewayServer, useFactory: () => new GatewayServer(options) }],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(this.server.answer).forRoutes('{*path}');
  }
}
