import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import type { OwnerPause, StandingPause } from '../ports/owner-pause.js';
import { readIfThere, removeFile, writeDurably } from './durable-file.js';

/** Below the state directory. */
export const PAUSE_FILE = 'paused.json';
export const MAX_PAUSE_REASON = 400;

const Written = z.object({ reason: z.string().max(MAX_PAUSE_REASON), since: z.string() });

/** The owner's pause as a file in the state directory; made by hand (`touch`), it counts as well. */
export class FileOwnerPause implements OwnerPause {
  readonly #file: string;

  constructor(private readonly stateDir: string) {
    this.#file = join(stateDir, PAUSE_FILE);
  }

  async standing(): Promise<StandingPause | undefined> {
    let text: string | undefined;
    try {
      text = await readIfThere(this.#file);
      if (text === undefined) return undefined;
      return Written.parse(JSON.parse(text));
    } catch {
      // The owner wanted something: rather no work than work against the owner's will.
      return { reason: text?.trim().slice(0, MAX_PAUSE_REASON) ?? '', since: '' };
    }
  }

  async begin(pause: StandingPause): Promise<void> {
    await mkdir(this.stateDir, { recursive: true });
    await writeDurably(this.#file, `${JSON.stringify(Written.parse(pause))}\n`);
  }

  /** True when there was one. */
  async end(): Promise<boolean> {
    const before = await this.standing();
    await removeFile(this.#file);
    return before !== undefined;
  }
}
