import { createHash, randomUUID } from 'node:crypto';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@swarm/platform';
import { ManualClock, type TempDir, tempDir } from '@swarm/testing';

import type { SpooledArtifact } from '../ports/artifact-spool.js';
import { FileArtifactSpool } from './file-artifact-spool.js';

const limits = { refusedKept: 2, artifactAgeMs: 1000 };
const clock = new ManualClock();
let state: TempDir;
let spool: FileArtifactSpool;

beforeEach(async () => {
  state = await tempDir('spool');
  spool = await opened();
});
afterEach(async () => {
  await state[Symbol.asyncDispose]();
});

describe('the spool of artifacts', () => {
  it('S15: gives an artifact back after a restart, until it is removed', async () => {
    const kept = await keep('content');
    expect(await (await opened()).pending()).toEqual([kept]);
    await spool.remove(kept.attemptId);
    expect(await (await opened()).pending()).toEqual([]);
    expect(await spooledFiles()).toEqual([]);
  });

  it('does not offer an artifact that a power cut has shortened or changed', async () => {
    const shortened = await keep('shortened');
    const changed = await keep('changed');
    const gone = await keep('gone');
    await truncate(shortened.file, 3);
    await writeFile(changed.file, 'chanGed');
    await rm(gone.file);
    expect(await spool.pending()).toEqual([]);
    expect(await spool.find(changed.attemptId)).toBeUndefined();
  });

  it('drops a file whose sidecar was never written', async () => {
    await writeFile(join(state.path, 'spool', `${randomUUID()}.binpkg`), 'half');
    expect(await spool.pending()).toEqual([]);
    expect(await spooledFiles()).toEqual([]);
  });

  it('offers an artifact no longer when its work has left the queue', async () => {
    await keep('old');
    clock.advance(limits.artifactAgeMs + 1);
    expect(await spool.pending()).toEqual([]);
  });

  it('keeps the last refused artifacts only', async () => {
    for (const content of ['one', 'two', 'three', 'four'])
      await spool.setAside((await keep(content)).attemptId);
    expect(await readdir(join(state.path, 'spool', 'refused'))).toHaveLength(limits.refusedKept);
    expect(await spooledFiles()).toEqual([]);
  });
});

function opened(): Promise<FileArtifactSpool> {
  return FileArtifactSpool.at({
    directory: join(state.path, 'spool'),
    limits,
    clock,
    logger: silentLogger(),
  });
}

async function spooledFiles(): Promise<string[]> {
  return (await readdir(join(state.path, 'spool'))).filter((name) => name !== 'refused');
}

async function keep(content: string): Promise<SpooledArtifact> {
  const file = join(state.path, 'built');
  await writeFile(file, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const sizeBytes = content.length;
  return spool.keep(
    { kind: 'built', file, sha256, sizeBytes },
    {
      attemptId: randomUUID(),
      attempt: 1,
      cpv: 'lab-libs/greet-1.0',
      uploadUrl: 'http://127.0.0.1/upload/1',
      uploadToken: 'token',
      sha256,
      sizeBytes,
      startedAtMs: clock.now().getTime(),
      times: { dependenciesMs: 0, buildMs: 1 },
    },
  );
}
