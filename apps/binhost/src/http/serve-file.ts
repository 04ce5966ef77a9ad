import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

import { indexResponse } from '@swarm/domain-binpkg';
import type { Request, Response } from 'express';
import send from 'send';

/** A package never changes under its path, so nobody needs to ask for it twice. */
const PACKAGE_MAX_AGE_MS = 365 * 24 * 3_600_000;

/**
 * Sends an index. Its modification time is its TIMESTAMP, so Last-Modified rises with each one;
 * 304 only for exactly this one, because Portage asks with five seconds added (3.0.82).
 */
export async function sendIndex(request: Request, response: Response, path: string): Promise<boolean> {
  // One open file is one version, whatever is renamed meanwhile.
  const opened = await openFile(path);
  if (opened === undefined) return false;
  const { file, stats } = opened;
  try {
    const timestampSeconds = Math.floor(stats.mtimeMs / 1000);
    const { status, lastModified } = indexResponse(timestampSeconds, request.headers['if-modified-since']);
    response.status(status);
    response.setHeader('last-modified', lastModified);
    response.setHeader('cache-control', 'no-cache');
    if (status === 304) {
      response.end();
      return true;
    }
    // Without a content encoding: the client asked for the compressed file by name.
    response.setHeader(
      'content-type',
      path.endsWith('.gz') ? 'application/gzip' : 'text/plain; charset=utf-8',
    );
    response.setHeader('content-length', stats.size);
    if (request.method === 'HEAD') response.end();
    else await pipeline(file.createReadStream({ autoClose: false, end: stats.size - 1 }), response);
    return true;
  } finally {
    await file.close();
  }
}

/** Sends a package, whole or in ranges; resolves to false when the file is not there. */
export function sendPackage(request: Request, response: Response, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // The name is not the client's: only legal spellings come so far. Directories above may begin with a dot.
    send(request, encodeURI(path), {
      dotfiles: 'allow',
      index: false,
      immutable: true,
      maxAge: PACKAGE_MAX_AGE_MS,
    })
      .on('error', (error: SendError) => {
        if (error.status === 404 && !response.headersSent) resolve(false);
        else if (error.status === 416) response.status(416).set(error.headers).end();
        else if (response.headersSent) response.destroy();
        else reject(error);
      })
      .on('directory', () => resolve(false))
      .pipe(response);
    response.once('close', () => resolve(true));
  });
}

/** What `send` reports: an HTTP status, and the headers that belong to it. */
interface SendError extends Error {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

async function openFile(
  path: string,
): Promise<{ readonly file: FileHandle; readonly stats: Stats } | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return { file, stats: await file.stat() };
}
