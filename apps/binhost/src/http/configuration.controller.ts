import { createHash } from 'node:crypto';

import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { canonicalText, type ProfileRepository } from '@swarm/domain-plan';
import type { Request, Response } from 'express';

import { problem } from './upload-request.js';

export const CONFIGURATIONS = Symbol('Configurations');

/** Where configurations are found by what is in them. */
export type Configurations = Pick<ProfileRepository, 'version'>;

/** What a digest names never changes, so nobody needs to ask for it twice; one year, in seconds. */
const MAX_AGE_SECONDS = 31_536_000;

/** Configurations of profiles, for drones: exactly the bytes whose SHA-256 is asked for. */
@Controller()
export class ConfigurationController {
  constructor(@Inject(CONFIGURATIONS) private readonly configurations: Configurations) {}

  /** `/configuration/<digest>` */
  @Get('configuration/:digest')
  async send(
    @Param('digest') digest: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const isDigest = /^[0-9a-f]{64}$/.test(digest);
    const version = isDigest ? await this.configurations.version(digest) : undefined;
    if (version === undefined) {
      const what = isDigest
        ? `nothing with the digest ${digest} was pushed to any profile`
        : `${JSON.stringify(digest)} is no digest: 64 hex digits`;
      const { status, body } = problem(404, 'not-found', what);
      response.status(status).json(body);
      return;
    }
    const bytes = Buffer.from(canonicalText(version.configuration));
    if (createHash('sha256').update(bytes).digest('hex') !== digest) {
      throw new Error(`version ${version.number} of profile ${version.profile} is not what its digest says`);
    }
    response.set({
      ETag: `"${digest}"`,
      'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}, immutable`,
      'Content-Type': 'application/json; charset=utf-8',
    });
    if (request.fresh) response.status(304).end();
    else response.send(bytes);
  }
}
