import { type DynamicModule, Module } from '@nestjs/common';

import {
  CONFIGURATIONS,
  ConfigurationController,
  type Configurations,
} from './http/configuration.controller.js';
import { FilesController, SERVED_FILES } from './http/files.controller.js';
import { UPLOAD_DESK, UploadController, type UploadDesk } from './http/upload.controller.js';
import type { ServedFiles } from './ports/package-store.js';
import { ReceiveArtifact, type ReceivePorts } from './use-cases/receive-artifact.js';

/** What the HTTP side of the binhost needs from outside. */
export interface BinhostPorts extends ReceivePorts {
  readonly files: ServedFiles;
  readonly configurations: Configurations;
  readonly desk: UploadDesk;
}

/** The HTTP side: uploads in, files out. The publisher runs beside it, for it needs no HTTP. */
@Module({})
export class BinhostModule {
  /** The module over these ports; `main.ts` gives the real ones, a test gives its own. */
  static with(ports: BinhostPorts): DynamicModule {
    return {
      module: BinhostModule,
      // The order decides: `/staging/…` and `/configuration/…` are no profiles.
      controllers: [UploadController, ConfigurationController, FilesController],
      providers: [
        { provide: ReceiveArtifact, useFactory: () => new ReceiveArtifact(ports) },
        { provide: UPLOAD_DESK, useValue: ports.desk },
        { provide: CONFIGURATIONS, useValue: ports.configurations },
        { provide: SERVED_FILES, useValue: ports.files },
      ],
    };
  }
}
