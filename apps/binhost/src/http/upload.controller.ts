import { Controller, Inject, Param, Put, Req, Res } from '@nestjs/common';
import { assertNever } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';
import type { Request, Response } from 'express';

import type { UploadLimits } from '../config.js';
import type { UploadRefusalReason } from '../ports/package-store.js';
import { ReceiveArtifact, type UploadAnswer } from '../use-cases/receive-artifact.js';
import { limitedBody } from './limited-body.js';
import { type HttpAnswer, problem, readUploadHeaders } from './upload-request.js';

/** What the upload route needs beside its use case. */
export interface UploadDesk {
  readonly limits: UploadLimits;
  readonly logger: Logger;
}

export const UPLOAD_DESK = Symbol('UploadDesk');

/** A sender that is told to come back should not before so long. */
const BUSY_RETRY_SECONDS = 5;
/** After an early answer the rest of the body is read away for so long, for a sender must be able to hear the answer. */
const LINGER_MS = 5_000;

/** `PUT /upload/<attempt>`: one artifact, streamed. */
@Controller()
export class UploadController {
  #inHand = 0;

  constructor(
    @Inject(ReceiveArtifact) private readonly receive: ReceiveArtifact,
    @Inject(UPLOAD_DESK) private readonly desk: UploadDesk,
  ) {}

  /** Answers when the artifact is durable and in the ledger, or says why it never will be. */
  @Put('upload/:attemptId')
  async put(
    @Param('attemptId') attemptId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const answer = await this.#answer(attemptId, request);
    if (response.destroyed) return;
    if (answer.status === 503) response.setHeader('retry-after', BUSY_RETRY_SECONDS);
    if (answer.status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (!request.complete) lingerThenCut(request, response);
    response.status(answer.status).json(answer.body);
  }

  async #answer(attemptId: string, request: Request): Promise<HttpAnswer> {
    const headers = readUploadHeaders(request.headers);
    if (!headers.ok) return headers.error;
    if (!isUuid(attemptId)) return problem(404, 'unknown-attempt', 'no such attempt');
    if (this.#inHand >= this.desk.limits.atOnce) return problem(503, 'busy', 'too many uploads at once');
    this.#inHand++;
    const limited = limitedBody(request, this.desk.limits);
    try {
      const { body, signal } = limited;
      return answerOf(await this.receive.execute({ attemptId, ...headers.value, body, signal }));
    } catch (error) {
      this.desk.logger.error({ attemptId, sha256: headers.value.sha256, error }, 'upload failed on our side');
      return isDiskFull(error)
        ? problem(507, 'disk-full', 'the binhost has no space left')
        : problem(500, 'internal', 'the binhost could not store the upload');
    } finally {
      limited.end();
      this.#inHand--;
    }
  }
}

/** Statuses that differ from 422. */
const statuses: Partial<Record<UploadRefusalReason, number>> = {
  'wrong-token': 403,
  'too-large': 413,
  interrupted: 408,
};

function answerOf(answer: UploadAnswer): HttpAnswer {
  switch (answer.kind) {
    case 'accepted':
      return { status: 201, body: { sha256: answer.sha256 } };
    case 'repeated':
      return { status: 200, body: { sha256: answer.sha256 } };
    case 'taken':
      return problem(409, 'taken', `the job has the artifact ${answer.sha256} already`);
    case 'unknown-attempt':
      return problem(404, 'unknown-attempt', 'no such attempt');
    case 'refused':
      return problem(statuses[answer.reason] ?? 422, answer.reason, answer.message);
    default:
      return assertNever(answer);
  }
}

/** Reads away what is left of a refused body, and cuts the connection when there is too much of it. */
function lingerThenCut(request: Request, response: Response): void {
  response.once('finish', () => {
    const cut = setTimeout(() => request.socket.destroy(), LINGER_MS);
    request.once('close', () => clearTimeout(cut));
    request.once('end', () => clearTimeout(cut));
    request.resume();
  });
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
