import { describe, expect, it } from '@jest/globals';

import { classifyFailure, verdictOn } from './classify-failure.js';
import type { PortageFailureClass } from './outcome.model.js';

const phaseFailed = (phase: string, reason: string): string =>
  ` * ERROR: app-misc/thing-1.0::overlay failed (${phase} phase):\n *   ${reason}\n * \n * Call stack:\n` +
  `\n>>> Failed to emerge app-misc/thing-1.0, Log file:\n\n>>>  '/somewhere/build.log'\n`;

interface Sample {
  readonly name: string;
  readonly log: string;
  readonly class: PortageFailureClass;
  readonly phase?: string;
  readonly says: string;
}

const samples: readonly Sample[] = [
  {
    name: 'a compiler error',
    log: `gcc -c thing.c\nthing.c:5:27: error: 'oops' undeclared (first use in this function)\n${phaseFailed('compile', 'emake failed')}`,
    class: 'compile',
    phase: 'compile',
    says: "app-misc/thing-1.0 failed in compile phase: thing.c:5:27: error: 'oops' undeclared",
  },
  {
    name: 'colours in the middle of words',
    log: `thing.c:5:1: \u001b[01;31m\u001b[Kerror: \u001b[m\u001b[Kexpected ';'\n\u001b[31;01m*\u001b[0m\n${phaseFailed('compile', 'emake failed')}`,
    class: 'compile',
    phase: 'compile',
    says: "thing.c:5:1: error: expected ';'",
  },
  {
    name: 'a linker error',
    log: `/usr/bin/ld: a.o: in function \`main':\na.c:(.text+0x9): undefined reference to \`f'\n${phaseFailed('compile', 'emake failed')}`,
    class: 'compile',
    phase: 'compile',
    says: 'undefined reference',
  },
  {
    name: 'a failed test',
    log: phaseFailed('test', '1 of 3 tests failed'),
    class: 'compile',
    phase: 'test',
    says: '1 of 3 tests failed',
  },
  {
    name: 'a failed install',
    log: phaseFailed('install', 'dobin failed'),
    class: 'compile',
    phase: 'install',
    says: 'install phase: dobin failed',
  },
  {
    name: 'a compiler that the kernel killed',
    log: `x86_64-pc-linux-gnu-g++: fatal error: Killed signal terminated program cc1plus\n${phaseFailed('compile', 'emake failed')}`,
    class: 'out-of-memory',
    phase: 'compile',
    says: 'cc1plus',
  },
  {
    name: 'a build step that the kernel killed',
    log: `/b/temp/environment: line 225:    20 Killed                  ./configure\n${phaseFailed('configure', 'econf failed')}`,
    class: 'out-of-memory',
    phase: 'configure',
    says: 'out of memory',
  },
  {
    name: 'no memory left',
    log: `cc1plus: out of memory allocating 65536 bytes after a total of 99 bytes\n${phaseFailed('compile', 'emake failed')}`,
    class: 'out-of-memory',
    phase: 'compile',
    says: 'out of memory',
  },
  {
    name: 'a full disk while compiling',
    log: `a.s: Fatal error: can't write 9 bytes: No space left on device\n${phaseFailed('compile', 'emake failed')}`,
    class: 'disk-full',
    phase: 'compile',
    says: 'the disk is full',
  },
  {
    name: 'a full disk while packing',
    log: 'OSError: [Errno 28] No space left on device\n',
    class: 'disk-full',
    says: 'the disk is full',
  },
  {
    name: 'a source that cannot be downloaded',
    log: "!!! Couldn't download 'thing-1.0.tar.gz'. Aborting.\n",
    class: 'fetch',
    says: 'could not download thing-1.0.tar.gz',
  },
  {
    name: 'a wrong checksum',
    log: '!!! Fetched file: thing-1.0.tar.gz VERIFY FAILED!\n!!! Reason: Failed on BLAKE2B verification\n',
    class: 'fetch',
    says: 'thing-1.0.tar.gz has a wrong checksum',
  },
  {
    name: 'a binary with a wrong checksum',
    log: '!!! Digest verification failed:\n!!! /x.gpkg.tar.partial\n',
    class: 'fetch',
    says: 'binary package',
  },
  {
    name: 'a binary that the binhost lacks',
    log: '2026-01-01 10:00:00 ERROR 404: Not Found.\n\n>>> Failed to emerge a/b-1\n',
    class: 'fetch',
    says: 'answered a download with 404',
  },
  {
    name: 'a missing ebuild',
    log: 'emerge: there are no ebuilds to satisfy ">=dev-libs/lib-9" for /root/.\n(dependency required by "a/b-1::o" [ebuild])\n',
    class: 'dependency',
    says: 'nothing satisfies >=dev-libs/lib-9',
  },
  {
    name: 'a missing binary',
    log: 'emerge: there are no binary packages to satisfy "dev-libs/lib".\n',
    class: 'dependency',
    says: 'nothing satisfies dev-libs/lib',
  },
  {
    name: 'build dependencies that are not there',
    log: '!!! --buildpkgonly requires all dependencies to be merged.\n',
    class: 'dependency',
    says: 'build dependencies',
  },
  {
    name: 'a mask',
    log: '!!! All ebuilds that could satisfy "app/thing" have been masked.\n- app/thing-1::o (masked by: ~amd64 keyword)\n',
    class: 'masked',
    says: 'app/thing',
  },
  {
    name: 'a needed USE change',
    log: 'The following USE changes are necessary to proceed:\n (see "package.use" in the portage(5) man page)\n# required by a/b-1::o\n>=dev-libs/lib-2.0 debug -doc\n',
    class: 'use-change',
    says: '>=dev-libs/lib-2.0 debug -doc',
  },
  {
    name: 'REQUIRED_USE',
    log: '!!! The ebuild selected to satisfy "a/b" has unmet requirements.\n  The following REQUIRED_USE flag constraints are unsatisfied:\n',
    class: 'use-change',
    says: 'REQUIRED_USE',
  },
  {
    name: 'a slot conflict',
    log: '!!! Multiple package instances within a single package slot have been pulled\n',
    class: 'slot-conflict',
    says: 'slot',
  },
  {
    name: 'a hard block',
    log: '[blocks B      ] app/old ("app/old" is hard blocking app/new-1)\n',
    class: 'slot-conflict',
    says: 'app/old',
  },
  {
    name: 'a cycle',
    log: ' * Error: circular dependencies:\n\n(a/b-1) depends on\n',
    class: 'circular',
    says: 'circular',
  },
  { name: 'a signal', log: '\n\nExiting on signal 15\n', class: 'killed', says: 'signal 15' },
  { name: 'something never seen', log: 'Traceback:\nKeyError: 1\n\n', class: 'unknown', says: 'KeyError: 1' },
  { name: 'nothing at all', log: '', class: 'unknown', says: 'no output at all' },
];

describe('classifyFailure', () => {
  it.each(samples)('knows $name', ({ log, says, phase, class: expected }) => {
    const verdict = classifyFailure(log);
    expect(verdict).toMatchObject({ class: expected, ...(phase === undefined ? {} : { phase }) });
    expect(verdict.phase).toBe(phase);
    expect(verdict.summary).toContain(says);
    expect(verdict.summary).not.toMatch(/\n/);
    expect(verdict.summary.length).toBeLessThanOrEqual(300);
  });
});

describe('verdictOn', () => {
  const tail = phaseFailed('compile', 'emake failed');

  it.each([
    ['timeout', 'timeout'],
    ['silence', 'silence'],
    ['aborted', 'killed'],
  ] as const)(
    'believes that a run was stopped (%s) before what it wrote when it died',
    (stopped, expected) => {
      expect(verdictOn({ tail, exitCode: 143, stopped })).toMatchObject({
        class: expected,
        phase: 'compile',
      });
    },
  );

  it('calls a run killed that died of a signal from elsewhere', () => {
    expect(verdictOn({ tail, exitCode: 137 })).toMatchObject({
      class: 'killed',
      summary: 'emerge was killed by signal 9',
    });
  });

  it('keeps a cause that the log names, whatever the exit code', () => {
    expect(verdictOn({ tail: 'No space left on device', exitCode: 143 }).class).toBe('disk-full');
  });

  it('says that emerge never started', () => {
    expect(verdictOn({ tail: 'spawn emerge ENOENT\n', exitCode: -1 }).summary).toContain('ENOENT');
  });
});
