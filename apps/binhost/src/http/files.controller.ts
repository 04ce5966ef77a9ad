import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';

import type { ServedFiles } from '../ports/package-store.js';
import { sendIndex, sendPackage } from './serve-file.js';
import { problem } from './upload-request.js';

export const SERVED_FILES = Symbol('ServedFiles');

/**
 * What Portage's client fetches. Each binhost has a URL path of its own:
 * the client's cache of an index is named by host and path, not by port (Portage 3.0.82).
 */
@Controller()
export class FilesController {
  constructor(@Inject(SERVED_FILES) private readonly files: ServedFiles) {}

  /** `/staging/<profile>/…`: everything that was built, for drones. */
  @Get('staging/:profile/*path')
  staging(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.#send('staging', request, response);
  }

  /** `/<profile>/…`: the current release, for workstations. */
  @Get(':profile/*path')
  release(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.#send('release', request, response);
  }

  async #send(channel: 'staging' | 'release', request: Request, response: Response): Promise<void> {
    const { profile, path } = request.params;
    const relative = Array.isArray(path) ? path.join('/') : (path ?? '');
    const found = await this.files.locate(String(profile), channel, relative);
    const send = found?.kind === 'index' ? sendIndex : sendPackage;
    if (found !== undefined && (await send(request, response, found.path))) return;
    const { status, body } = problem(
      404,
      'not-found',
      `no ${JSON.stringify(relative)} in ${channel} of ${String(profile)}`,
    );
    response.status(status).json(body);
  }
}
