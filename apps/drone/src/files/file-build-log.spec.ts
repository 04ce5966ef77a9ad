import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@swarm/platform';
import { type TempDir, tempDir } from '@swarm/testing';
import fc from 'fast-check';

import type { BuildLog, LogChunk } from '../ports/build-log.js';
import { FileBuildLogs } from './file-build-logs.js';

const limits = { logHeadBytes: 1000, logTailBytes: 400, logChunkBytes: 64, logsKept: 3 };
const owner = {
  attemptId: '6d6f3d8e-9f0a-4a53-9a3f-0d6a8f1c2b3e',
  jobId: '0b9e6a0c-1d2f-4f3a-8b4c-5d6e7f809102',
  attempt: 1,
};
let state: TempDir;

beforeEach(async () => {
  state = await tempDir('log');
});
afterEach(async () => {
  await state[Symbol.asyncDispose]();
});

describe('a log on disk', () => {
  it('comes out as it went in, in chunks that join, whatever the pieces and wherever characters are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }),
        async (text, cuts) => {
          const log = await (await logs()).open({ ...owner, attemptId: crypto.randomUUID() });
          const chunks: LogChunk[] = [];
          for (const piece of pieces(Buffer.from(text), cuts)) {
            log.append(piece);
            const chunk = await log.next();
            if (chunk) chunks.push(chunk);
            if (chunk) await log.advance();
          }
          log.seal();
          chunks.push(...(await rest(log)));
          expectJoined(chunks);
          // What is no character (a lone surrogate) and what no terminal takes is replaced, as it comes in.
          const written = Buffer.from(text).toString().replaceAll('\0', '\uFFFD');
          expect(chunks.map((chunk) => chunk.text).join('')).toBe(written);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('S6: keeps head and tail of a log that is too long, and says how much it left out', async () => {
    const log = await (await logs()).open(owner);
    for (let line = 0; line < 10_000; line++) log.append(Buffer.from(`line ${line}\n`));
    log.seal();
    const chunks = await rest(log);
    expectJoined(chunks);
    const text = chunks.map((chunk) => chunk.text).join('');
    expect(text).toMatch(/^line 0\nline 1\n/);
    expect(text).toMatch(/line 9998\nline 9999\n$/);
    const leftOut = Number(/(\d+) bytes of this log were left out/.exec(text)?.[1]);
    const notice = `\n[... ${leftOut} bytes of this log were left out here ...]\n`;
    const whole = Array.from({ length: 10_000 }, (_line, index) => `line ${index}\n`).join('');
    expect(text.length - notice.length + leftOut).toBe(whole.length);
    expect(text.length).toBeLessThanOrEqual(limits.logHeadBytes + limits.logTailBytes + notice.length);
    const left = await readdir(join(state.path, owner.attemptId));
    expect(left.sort()).toEqual(['build.log', 'state.json']);
  });

  it('says the chunk again that was on its way when the agent died, and goes on after it', async () => {
    const before = await (await logs()).open(owner);
    before.append(Buffer.from('first\n'));
    const said = await before.next();
    await before.close();

    const after = await (await logs()).open(owner);
    after.append(Buffer.from('second\n'));
    expect(await after.next()).toEqual(said);
    await after.advance();
    after.seal();
    const chunks = [said, ...(await rest(after))].filter((chunk) => chunk !== undefined);
    expectJoined(chunks);
    expect(chunks.map(({ text }) => text).join('')).toMatch(/^first\n\n\[.*restarted.*\]\nsecond\n$/);
  });

  it('finds sealed logs that were not published to their end', async () => {
    const log = await (await logs()).open(owner);
    log.append(Buffer.from('x'.repeat(100)));
    log.seal();
    await log.next();
    await log.advance();
    await log.close();
    const [found, ...others] = await (await logs()).unpublished();
    expect(others).toEqual([]);
    expect(found?.owner).toEqual(owner);
    expect(await (found && rest(found))).toMatchObject([{ offsetBytes: 64, end: true }]);
    expect(await (await logs()).unpublished()).toEqual([]);
  });

  it('S6: keeps a few logs on disk, however many builds there are', async () => {
    const all = await logs();
    for (let build = 0; build < 20; build++) {
      const log = await all.open({ ...owner, attemptId: crypto.randomUUID() });
      log.append(Buffer.from('x'.repeat(5000)));
      log.seal();
      await rest(log);
      await log.close();
    }
    const kept = await readdir(state.path);
    expect(kept).toHaveLength(limits.logsKept);
    for (const name of kept) {
      const { size } = await stat(join(state.path, name, 'build.log'));
      expect(size).toBeLessThan(limits.logHeadBytes + limits.logTailBytes + 100);
    }
  });
});

function logs(): Promise<FileBuildLogs> {
  return FileBuildLogs.at(state.path, limits, silentLogger());
}

async function rest(log: BuildLog): Promise<LogChunk[]> {
  const chunks: LogChunk[] = [];
  for (;;) {
    const chunk = await log.next();
    if (!chunk) return chunks;
    chunks.push(chunk);
    await log.advance();
  }
}

function expectJoined(chunks: readonly LogChunk[]): void {
  let bytes = 0;
  for (const chunk of chunks) {
    expect(chunk.offsetBytes).toBe(bytes);
    const length = Buffer.byteLength(chunk.text);
    expect(length).toBeLessThanOrEqual(limits.logChunkBytes);
    bytes += length;
  }
  expect(chunks.map(({ end }) => end)).toEqual(chunks.map((_chunk, index) => index === chunks.length - 1));
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  for (const cut of cuts) {
    found.push(bytes.subarray(at, at + cut));
    at += cut;
  }
  return [...found, bytes.subarray(at)];
}
