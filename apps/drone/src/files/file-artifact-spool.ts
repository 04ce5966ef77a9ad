import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';
import { z } from 'zod';

import type { ArtifactSpool, ArtifactTicket, SpooledArtifact } from '../ports/artifact-spool.js';
import type { BuiltFile } from '../ports/executor.js';
import { readIfThere, removeFile, syncPath, writeDurably } from './durable-file.js';

const Ticket = z.object({
  attemptId: z.uuid(),
  attempt: z.int().positive(),
  cpv: z.string().min(1),
  uploadUrl: z.url(),
  uploadToken: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().positive(),
  startedAtMs: z.int(),
  times: z.object({ dependenciesMs: z.int().nonnegative(), buildMs: z.int().nonnegative() }),
});

const SIDECAR = '.json';
const ARTIFACT = '.binpkg';

export interface SpoolLimits {
  readonly refusedKept: number;
  readonly artifactAgeMs: number;
}

export interface SpoolPorts {
  readonly directory: string;
  readonly limits: SpoolLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `<attempt>.binpkg` with `<attempt>.json` beside it; the sidecar is written last, and its presence makes the pair valid. */
export class FileArtifactSpool implements ArtifactSpool {
  readonly #refused: string;

  private constructor(private readonly ports: SpoolPorts) {
    this.#refused = join(ports.directory, 'refused');
  }

  static async at(ports: SpoolPorts): Promise<FileArtifactSpool> {
    const spool = new FileArtifactSpool(ports);
    await mkdir(spool.#refused, { recursive: true, mode: 0o700 });
    return spool;
  }

  async keep(built: BuiltFile, ticket: ArtifactTicket): Promise<SpooledArtifact> {
    const file = this.#path(ticket.attemptId, ARTIFACT);
    await moveFile(built.file, file);
    await syncPath(file);
    await writeDurably(this.#path(ticket.attemptId, SIDECAR), JSON.stringify(ticket));
    return { ...ticket, file };
  }

  async find(attemptId: string): Promise<SpooledArtifact | undefined> {
    const sidecar = await readIfThere(this.#path(attemptId, SIDECAR));
    if (sidecar === undefined) return undefined;
    const file = this.#path(attemptId, ARTIFACT);
    const ticket = parseTicket(sidecar);
    const damage = ticket === undefined ? 'its sidecar is unreadable' : await damageOf(file, ticket);
    if (ticket !== undefined && damage === undefined) return { ...ticket, file };
    this.ports.logger.error({ attemptId, damage }, 'kept artifact is damaged; the package is built again');
    await this.setAside(attemptId);
    return undefined;
  }

  async pending(): Promise<readonly SpooledArtifact[]> {
    const { directory, limits, clock, logger } = this.ports;
    const found: SpooledArtifact[] = [];
    for (const name of await readdir(directory)) {
      const attemptId = name.slice(0, name.lastIndexOf('.'));
      if (name.endsWith(ARTIFACT)) {
        // Without its sidecar the move was cut off; the build is repeated.
        const sidecar = await readIfThere(this.#path(attemptId, SIDECAR));
        if (sidecar === undefined) await removeFile(join(directory, name));
      }
      if (!name.endsWith(SIDECAR)) continue;
      const artifact = await this.find(attemptId);
      if (artifact === undefined) continue;
      if (clock.now().getTime() - artifact.startedAtMs > limits.artifactAgeMs) {
        logger.warn({ attemptId, cpv: artifact.cpv }, 'artifact was not accepted in time; no longer offered');
        await this.setAside(attemptId);
      } else found.push(artifact);
    }
    return found;
  }

  async remove(attemptId: string): Promise<void> {
    // The sidecar first: without it the file is a leftover, never an artifact.
    await removeFile(this.#path(attemptId, SIDECAR));
    await removeFile(this.#path(attemptId, ARTIFACT));
  }

  async setAside(attemptId: string): Promise<void> {
    const kept = join(this.#refused, attemptId + ARTIFACT);
    await removeFile(this.#path(attemptId, SIDECAR));
    await rename(this.#path(attemptId, ARTIFACT), kept).catch(() => undefined);
    const names = await readdir(this.#refused);
    const aged = await Promise.all(
      names.map(async (name) => ({ name, changedMs: (await stat(join(this.#refused, name))).ctimeMs })),
    );
    aged.sort((a, b) => b.changedMs - a.changedMs);
    for (const { name } of aged.slice(this.ports.limits.refusedKept))
      await removeFile(join(this.#refused, name));
  }

  #path(attemptId: string, suffix: string): string {
    return join(this.ports.directory, attemptId + suffix);
  }
}

function parseTicket(text: string): ArtifactTicket | undefined {
  try {
    return Ticket.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What is wrong with the file, if anything: a power cut may have taken bytes of it. */
async function damageOf(file: string, ticket: ArtifactTicket): Promise<string | undefined> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => undefined,
  );
  if (size === undefined) return 'the file is gone';
  if (size !== ticket.sizeBytes) return `it has ${size} bytes instead of ${ticket.sizeBytes}`;
  return (await sha256Of(file)) === ticket.sha256 ? undefined : 'its content has changed';
}

/** Digest of a file of any size, in hex; one block of it is in memory at a time. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Renames, or copies where the spool is on another file system. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to);
    await removeFile(from);
  }
}
