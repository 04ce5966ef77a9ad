import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { auditMachine, LOW_DISK_BYTES, type AuditInput } from './audit-machine.js';
import { assignmentsOf, directivesOf } from './configuration-lines.js';
import { fingerprintText } from './fingerprint-text.js';
import type { MachineReport, Told } from './machine-report.js';

const NOW = new Date('2026-01-10T12:00:00Z');
const told = <T>(value: T): Told<T> => ({ kind: 'told', value });

const variables = {
  ...{ CHOST: 'x86_64-pc-linux-gnu', CFLAGS: '-O2 -pipe', USE: 'X nls wayland', ABI_X86: '64 32' },
  ...{ VIDEO_CARDS: 'radeonsi intel', CPU_FLAGS_X86: 'avx2 sse4_2', LLVM_SLOT: '20', FEATURES: 'sandbox' },
  MAKEOPTS: '-j8 -l8',
};
const files = {
  'package.use/gui': 'media-libs/freetype harfbuzz -doc\ndev-libs/x a b # why\n',
  'package.accept_keywords': 'app-misc/new ~amd64\n',
  'package.mask': '>=dev-libs/bad-2\n',
  'package.license': 'net-misc/vpn EULA\n',
};

function aReport(drone: string, over: Partial<MachineReport> = {}): MachineReport {
  return {
    ...{ drone, profile: 'lab', agentVersion: '0.1.0', variables: told(variables), files: told(files) },
    makeProfile: told('/var/db/repos/gentoo/profiles/default/linux/amd64/23.0'),
    repositories: told([{ name: 'gentoo', location: '/var/db/repos/gentoo', revision: 'c0ffee' }]),
    toolchain: told({ gcc: '15.2.0', ld: '2.45', portage: '3.0.82' }),
    disks: told([{ use: 'state', path: '/var', totalBytes: 10 * LOW_DISK_BYTES, freeBytes: LOW_DISK_BYTES }]),
    service: told({ manager: 'openrc', name: 'build-drone', running: true, enabled: true }),
    cron: told({ daemons: [], tables: [], users: ['root'], timers: [], lastRuns: [] }),
    ...over,
  };
}

function audit(machine: MachineReport, over: Partial<AuditInput> = {}): ReturnType<typeof auditMachine> {
  const peers = [aReport('drone-2'), aReport('drone-3')];
  return auditMachine({ machine, peers, clockOffsetMs: 3, now: NOW, ...over });
}

/** The report with one variable otherwise. */
const otherwise = (name: string, value: string): MachineReport =>
  aReport('drone-1', { variables: told({ ...variables, [name]: value }) });

/** Words or lines in another order, over other files: the same machine. */
function shuffled(seed: number): MachineReport {
  const turn = <T>(items: readonly T[]): T[] =>
    items.map((_item, i) => items[(i + seed) % items.length] as T);
  const words = (text: string): string => turn(text.split(' ')).join('  ');
  // The atom stays first; its flags may stand in any order.
  const flags = (line: string): string => line.replace(/^(\S+) (\S+) (\S+)/, '$1  $3 $2');
  const use = turn(files['package.use/gui'].trimEnd().split('\n')).map(flags);
  const rest = Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('package.use')));
  return aReport('drone-1', {
    variables: told({
      ...variables,
      ...{
        USE: words(variables.USE),
        ABI_X86: words(variables.ABI_X86),
        VIDEO_CARDS: words(variables.VIDEO_CARDS),
      },
      MAKEOPTS: `-j${seed + 1}`,
    }),
    files: told({
      ...rest,
      ...Object.fromEntries(use.map((line, i) => [`package.use/${i}-${seed}`, `# x\n\n${line}\n`])),
    }),
  });
}

describe('an audit', () => {
  it('finds nothing between machines that are equal, wherever words, lines and files stand (S35)', () => {
    fc.assert(
      fc.property(fc.nat(20), (seed) => {
        const machine = shuffled(seed);
        expect(audit(machine)).toEqual([]);
        expect(fingerprintText(machine)).toBe(fingerprintText(aReport('drone-1')));
      }),
    );
  });

  it.each([
    ['ABI_X86', '64', ['32']],
    ['VIDEO_CARDS', 'radeonsi', ['intel']],
    ['CPU_FLAGS_X86', 'sse4_2', ['avx2']],
    ['USE', 'X nls', ['wayland']],
    ['LLVM_SLOT', '19', ['20']],
    ['CHOST', 'i686-pc-linux-gnu', ['x86_64-pc-linux-gnu']],
    ['CFLAGS', '-O3 -pipe', ['-O2 -pipe']],
  ])('calls another %s an error, and says what it lacks (S10)', (name, value, there) => {
    const machine = otherwise(name, value);
    expect(audit(machine)).toEqual([
      expect.objectContaining({
        severity: 'error',
        subject: name,
        there,
        text: `${name} is not as on drone-2, drone-3`,
      }),
    ]);
    expect(fingerprintText(machine)).not.toBe(fingerprintText(aReport('drone-1')));
  });

  it('finds and names whatever one thing is planted, in either direction (S35)', () => {
    const lines = [
      'package.use',
      'package.accept_keywords',
      'package.mask',
      'package.license',
      'package.env',
    ];
    const planted = fc.oneof(
      fc.constantFrom(...Object.keys(variables).filter((name) => name !== 'MAKEOPTS')).map((name) => ({
        ...{ subject: name, machine: otherwise(name, 'planted') },
      })),
      fc.constantFrom(...lines).map((kind) => ({
        ...{
          subject: kind,
          machine: aReport('drone-1', { files: told({ ...files, [`${kind}/x`]: 'a/planted b' }) }),
        },
      })),
      fc.constantFrom('gcc', 'ld', 'portage', 'clang').map((program) => ({
        subject: `version of ${program}`,
        machine: aReport('drone-1', {
          toolchain: told({ gcc: '15.2.0', ld: '2.45', portage: '3.0.82', [program]: '9' }),
        }),
      })),
      fc.constantFrom('gentoo', 'extra').map((name) => ({
        subject: `repository ${name}`,
        machine: aReport('drone-1', {
          repositories: told([
            ...(name === 'gentoo' ? [] : [{ name: 'gentoo', location: '/', revision: 'c0ffee' }]),
            { name, location: '/', revision: 'planted' },
          ]),
        }),
      })),
    );
    fc.assert(
      fc.property(planted, ({ subject, machine }) => {
        // As the odd one out, and as one of those that are right beside one that is not.
        expect(audit(machine).map((finding) => finding.subject)).toEqual([subject]);
        const odd = { ...machine, drone: 'drone-2' };
        expect(audit(aReport('drone-1'), { peers: [odd, aReport('drone-3')] })).toEqual([]);
        // Of two, nobody knows which is right.
        expect(audit(aReport('drone-1'), { peers: [odd] }).map((finding) => finding.subject)).toEqual([
          subject,
        ]);
      }),
    );
  });

  it('compares with the profile: files, make.conf and make.profile (S10, S35)', () => {
    const makeConf = 'CFLAGS="-O2 -pipe"\nVIDEO_CARDS="intel radeonsi"\n';
    const configuration = {
      files: { ...files, 'make.conf': makeConf },
      ...{ makeProfile: 'gentoo:default/linux/amd64/23.0', world: [], repositories: [] },
    };
    const wanted = { name: 'version 3 of profile lab', configuration };
    const right = aReport('drone-1', { files: told({ ...files, 'make.conf': makeConf }) });
    expect(audit(right, { wanted, peers: [] })).toEqual([]);
    const wrong = aReport('drone-1', {
      files: told({
        ...files,
        'make.conf': 'CFLAGS="-O2 -pipe"\nVIDEO_CARDS="intel"',
        'package.use/x': 'a/b c',
      }),
      makeProfile: told('/var/db/repos/gentoo/profiles/default/linux/amd64/17.1'),
    });
    const found = audit(wrong, { wanted, peers: [] });
    expect(found.map(({ severity, subject }) => [severity, subject])).toEqual([
      ['error', 'VIDEO_CARDS in make.conf'],
      ['error', 'package.use'],
      ['error', 'profile'],
    ]);
    expect(found[0]).toMatchObject({
      there: ['radeonsi'],
      text: expect.stringContaining('version 3 of profile lab'),
    });
    expect(found[1]).toMatchObject({ here: ['a/b c'], there: [] });
  });

  it('says what could not be read, and compares the rest (S35)', () => {
    const machine = aReport('drone-1', { variables: { kind: 'untold', why: 'Portage did not answer' } });
    expect(audit(machine)).toEqual([
      expect.objectContaining({
        severity: 'warning',
        text: 'make.conf could not be read: Portage did not answer',
      }),
    ]);
  });

  it('looks at disk, clock and service, each with its remedy', () => {
    const machine = aReport('drone-1', {
      disks: told([{ use: 'state', path: '/var', totalBytes: 100 * 1024 ** 3, freeBytes: 1024 ** 3 }]),
      service: told({ manager: 'openrc', name: 'build-drone', running: false, enabled: false }),
    });
    const found = audit(machine, { clockOffsetMs: -90_000 });
    expect(found.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual([
      ...['error disk', 'error clock', 'warning service build-drone', 'warning service build-drone'],
    ]);
    expect(found[1]?.text).toBe("its clock is 90.0 s behind the swarm's");
    expect(found[2]?.remedy).toBe('`rc-update add build-drone default`');
  });
});

describe('a make.conf', () => {
  it('is read with quotes, several lines and comments; the last assignment of a name counts', () => {
    const text = '# CFLAGS="no"\nUSE="a \\\n  b"\nCFLAGS=\'-O2\'\nexport CHOST=x86 # why\nUSE="${USE} c"\n';
    expect([...assignmentsOf(text)]).toEqual([
      ['USE', '${USE} c'],
      ['CFLAGS', '-O2'],
      ['CHOST', 'x86'],
    ]);
    expect([
      ...directivesOf({ 'package.use/.hidden': 'a b', 'package.use/x~': 'a b', 'repos.conf/g': 'x' }),
    ]).toEqual([]);
  });
});
