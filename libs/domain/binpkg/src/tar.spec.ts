import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { bytesSource } from './byte-source.js';
import { readTar } from './tar-reader.js';
import { type TarInput, writeTar } from './tar-writer.js';
import { bytesOf } from './text.js';

const limits = { members: 50, pathBytes: 1000 };
const name = fc.stringMatching(/^[a-zäé0-9_+-]{1,60}$/);
const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
const input: fc.Arbitrary<TarInput> = fc.oneof(
  fc.record({ kind: fc.constant('file' as const), path, content: fc.uint8Array({ maxLength: 1500 }) }),
  fc.record({ kind: fc.constant('directory' as const), path }),
  fc.record({ kind: fc.constant('symlink' as const), path, linkName: path }),
);

describe('a tar archive', () => {
  it('is read as it was written, however long its names are', () => {
    fc.assert(
      fc.property(
        fc.array(input, { maxLength: 8 }),
        fc.integer({ min: 0, max: 2 ** 31 }),
        (inputs, mtimeSeconds) => {
          const archive = writeTar(inputs, mtimeSeconds);
          const read = readTar(bytesSource(archive), limits);
          if (!read.ok) throw new Error(read.error.message);
          const back = read.value.map((member) => ({
            kind: member.kind,
            path: member.path,
            ...(member.kind === 'file'
              ? { content: archive.subarray(member.offsetBytes, member.offsetBytes + member.sizeBytes) }
              : {}),
            ...(member.kind === 'symlink' ? { linkName: member.linkName } : {}),
          }));
          expect(back).toEqual(inputs);
          expect(read.value.every((member) => member.mtimeSeconds === mtimeSeconds)).toBe(true);
        },
      ),
    );
  });

  it.each(['/etc/passwd', '../x', 'a/../b', 'a//b', 'a/./b'])('with the path %s is refused', (unsafe) => {
    const read = readTar(
      bytesSource(writeTar([{ kind: 'file', path: unsafe, content: new Uint8Array() }], 0)),
      limits,
    );
    expect(read).toMatchObject({ ok: false, error: { reason: 'unsafe-path' } });
  });

  it('with more members than allowed is refused', () => {
    const inputs = Array.from({ length: 51 }, (_, at): TarInput => ({ kind: 'directory', path: `d${at}` }));
    expect(readTar(bytesSource(writeTar(inputs, 0)), limits).ok).toBe(false);
  });

  it('whose member claims more bytes than there are is refused', () => {
    const archive = writeTar([{ kind: 'file', path: 'f', content: bytesOf('x') }], 0);
    expect(readTar(bytesSource(archive.subarray(0, 512)), limits)).toMatchObject({
      ok: false,
      error: { reason: 'truncated' },
    });
  });
});
