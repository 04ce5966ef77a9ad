import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

/** Logs of the latest updates that are kept. */
export const MAX_LOGS = 20;
const LOG_NAME = /^update-.*\.log$/;
const LAST = 'last-update.json';

/** What is remembered of the last update. */
export const LastUpdate = z.object({
  at: z.iso.datetime(),
  outcome: z.enum(['updated', 'failed', 'pretended']),
  /** One line; empty where all went well. */
  reason: z.string(),
  logFile: z.string().nullable(),
});
export type LastUpdate = z.output<typeof LastUpdate>;

/** A log that is being written. */
export interface UpdateLog {
  readonly file: string | undefined;
  write(text: string): void;
  close(): Promise<void>;
}

/** Opens the log of one update and drops the oldest. Without a place to write, the update goes on without a log. */
export async function openLog(
  stateDir: string,
  at: Date,
  onFailure: (reason: string) => void,
): Promise<UpdateLog> {
  const file = join(stateDir, `update-${at.toISOString().replaceAll(':', '-')}.log`);
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await dropOldLogs(stateDir);
    const stream = await opened(file);
    return {
      file,
      write: (text) => void stream.write(text),
      close: () => new Promise((resolve) => stream.end(resolve)),
    };
  } catch (error) {
    onFailure(`no log is kept: ${error instanceof Error ? error.message : String(error)}`);
    return { file: undefined, write: () => undefined, close: () => Promise.resolve() };
  }
}

async function opened(file: string): Promise<WriteStream> {
  const stream = createWriteStream(file, { mode: 0o600 });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => {
      resolve();
    });
    stream.once('error', reject);
  });
  // A disk that fills up later must not stop an update.
  stream.on('error', () => undefined);
  return stream;
}

async function dropOldLogs(stateDir: string): Promise<void> {
  const logs = (await readdir(stateDir)).filter((name) => LOG_NAME.test(name)).sort();
  for (const name of logs.slice(0, Math.max(0, logs.length - MAX_LOGS + 1))) await rm(join(stateDir, name));
}

/** Remembers how an update ended: temporary name, synced, renamed. */
export async function saveLastUpdate(stateDir: string, last: LastUpdate): Promise<void> {
  const temporary = join(stateDir, `.${LAST}.${process.pid}`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(last, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(stateDir, LAST));
}

/** How the last update ended; undefined where there was none or it cannot be read. */
export async function readLastUpdate(stateDir: string): Promise<LastUpdate | undefined> {
  try {
    return LastUpdate.parse(JSON.parse(await readFile(join(stateDir, LAST), 'utf8')));
  } catch {
    return undefined;
  }
}
