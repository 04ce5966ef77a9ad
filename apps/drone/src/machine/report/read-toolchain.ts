import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What makes binaries, and how each tells its version: the first number of its first line. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  gcc: ['gcc', '-dumpfullversion'],
  ld: ['ld', '--version'],
  glibc: ['ldd', '--version'],
  clang: ['clang', '--version'],
  rustc: ['rustc', '--version'],
  python3: ['python3', '--version'],
};
const MAX_OUTPUT_BYTES = 64 * 1024;

/** Versions of the toolchain that a build would find on this PATH; programs that are not there are left out. */
export async function readToolchain(path: string, limitMs: number): Promise<Record<string, string>> {
  const found = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, [program = '', ...args]]): Promise<[string, string][]> => {
      const options = { timeout: limitMs, maxBuffer: MAX_OUTPUT_BYTES, env: { PATH: path, LC_ALL: 'C' } };
      const output = await run(program, args, options).catch(() => undefined);
      const [line = ''] = (output?.stdout ?? '').split('\n');
      const version = /\d+(?:\.\d+)+(?:[-_]p?\d+)?|\d+/.exec(line.replace(/\([^)]*\)/g, ''))?.[0];
      return version === undefined ? [] : [[name, version]];
    }),
  );
  return Object.fromEntries(found.flat());
}
