import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { checkConfiguration } from './configuration-check.js';
import { diffConfigurations, isSameConfiguration, type ConfigurationChanges } from './configuration-diff.js';
import { withLine } from './configuration-line.js';
import { canonicalText } from './configuration-text.js';
import type { Configuration, RepositoryPin } from './configuration.js';
import { diffLines, linesOf, type LineChange } from './line-diff.js';

const COMMIT = 'a'.repeat(40);
const TREE = `tree:${'b'.repeat(64)}`;
const GOOD: Configuration = {
  files: { 'make.conf': 'USE="-X"\n', 'package.use/lab': 'media-libs/freetype png\n' },
  makeProfile: 'gentoo:default/linux/amd64/23.0',
  world: ['app-misc/hello', '@desktop', '>=dev-libs/icu-74.2:0=::gentoo[nls,-doc]'],
  repositories: [
    { name: 'gentoo', source: { kind: 'git', url: 'https://git.example/gentoo.git' }, revision: COMMIT },
    { name: 'own', source: { kind: 'directory', path: '/var/db/repos/own' }, revision: TREE },
  ],
};

const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'd');
const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join(''));
const path = fc.constantFrom(
  'make.conf',
  'package.use/a',
  'package.use/b',
  '10',
  '9',
  '__proto__',
  'env/x y',
);
const files = fc.uniqueArray(fc.tuple(path, text), { selector: ([name]) => name }).map(Object.fromEntries);
const pin = (name: string): fc.Arbitrary<RepositoryPin> =>
  fc.oneof(
    fc.record({
      name: fc.constant(name),
      source: fc.constantFrom({ kind: 'git' as const, url: '/a' }, { kind: 'git' as const, url: '/b' }),
      revision: fc.constantFrom('1'.repeat(40), '2'.repeat(40)),
    }),
    fc.record({
      name: fc.constant(name),
      source: fc.constant({ kind: 'directory' as const, path: '/a' }),
      revision: fc.constant(TREE),
    }),
  );
const repositories = fc
  .shuffledSubarray(['gentoo', 'guru', 'own'], { minLength: 1 })
  .chain((names) => fc.tuple(...names.map(pin)));
const configuration: fc.Arbitrary<Configuration> = fc
  .record({
    files: files as fc.Arbitrary<Record<string, string>>,
    world: fc.array(fc.constantFrom('a/b', 'a/c', '@set', '=d/e-1.0')),
    repositories,
    path: fc.constantFrom('x', 'x/y'),
  })
  .map(({ path: below, ...rest }) => ({ ...rest, makeProfile: `${rest.repositories[0]?.name}:${below}` }));

/** The old lines with the changes made. */
function applied(before: readonly string[], changes: readonly LineChange[]): readonly string[] {
  const removed = new Set(changes.filter(({ kind }) => kind === 'removed').map(({ number }) => number));
  const after = before.filter((_line, index) => !removed.has(index + 1));
  const added = changes.filter(({ kind }) => kind === 'added');
  for (const each of added.sort((a, b) => a.number - b.number)) after.splice(each.number - 1, 0, each.text);
  return after;
}

function appliedTo(a: Configuration, changes: ConfigurationChanges): Configuration {
  const changed = new Map(Object.entries(a.files));
  for (const each of changes.files) {
    const old = linesOf(Object.hasOwn(a.files, each.path) ? (a.files[each.path] ?? '') : '');
    if (each.kind === 'removed') changed.delete(each.path);
    else changed.set(each.path, applied(old, each.lines).join(''));
  }
  const pins = new Map(a.repositories.map((each) => [each.name, each]));
  for (const { name, to } of changes.repositories) {
    if (to) pins.set(name, to);
    else pins.delete(name);
  }
  const order = changes.repositoryOrder ?? a.repositories.map(({ name }) => name);
  return {
    files: Object.fromEntries(changed),
    makeProfile: changes.makeProfile?.to ?? a.makeProfile,
    world: applied(a.world, changes.world),
    repositories: order.flatMap((name) => pins.get(name) ?? []),
  };
}

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, field]) => [key, reversedKeys(field)]));
}

describe('the canonical text of a configuration', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(configuration, (value) => {
        expect(canonicalText(reversedKeys(value) as Configuration)).toBe(canonicalText(value));
      }),
    );
  });

  it('is read back as the same configuration', () => {
    fc.assert(
      fc.property(configuration, (value) => {
        const read = checkConfiguration(JSON.parse(canonicalText(value)));
        expect(read).toEqual({ ok: true, value });
        expect(read.ok && canonicalText(read.value)).toBe(canonicalText(value));
      }),
    );
  });

  it('never changes for a configuration that was pushed once', () => {
    expect(canonicalText({ ...GOOD, files: { b: 'é\n', 10: '', 9: '\t"' } })).toBe(
      '{"files":{"10":"","9":"\\t\\"","b":"é\\n"},"makeProfile":"gentoo:default/linux/amd64/23.0",' +
        '"repositories":[{"name":"gentoo","revision":"' +
        `${COMMIT}","source":{"kind":"git","url":"https://git.example/gentoo.git"}},` +
        `{"name":"own","revision":"${TREE}","source":{"kind":"directory","path":"/var/db/repos/own"}}],` +
        '"world":["app-misc/hello","@desktop",">=dev-libs/icu-74.2:0=::gentoo[nls,-doc]"]}',
    );
  });
});

describe('the check of a configuration', () => {
  it('accepts what an operator would push', () => {
    expect(checkConfiguration(GOOD)).toEqual({ ok: true, value: GOOD });
  });

  it.each<readonly [string, unknown, string]>([
    ['a path upwards', { files: { 'package.use/../../shadow': '' } }, 'files["package.use/../../shadow"]'],
    ['an absolute path', { files: { '/etc/passwd': '' } }, 'files["/etc/passwd"]'],
    ['an empty path', { files: { '': '' } }, 'files[""]'],
    ['a path with an empty part', { files: { 'a//b': '' } }, 'files["a//b"]'],
    ['make.profile as a file', { files: { 'make.profile/parent': '' } }, 'files["make.profile/parent"]'],
    ['a file that is a directory too', { files: { a: '', 'a/b': '' } }, 'files["a/b"]'],
    ['binary content', { files: { key: 'a\u0000b' } }, 'files["key"]'],
    ['half a character', { files: { key: '\uD800' } }, 'files["key"]'],
    ['a file that is no text', { files: { key: 5 } }, 'files["key"]'],
    ['a file that is too long', { files: { key: 'x'.repeat(1_000_001) } }, 'files["key"]'],
    [
      'too much text',
      { files: Object.fromEntries([1, 2, 3, 4, 5].map((n) => [n, 'x'.repeat(1e6)])) },
      'files',
    ],
    [
      'too many files',
      { files: Object.fromEntries(Array.from({ length: 2_001 }, (_n, i) => [i, ''])) },
      'files',
    ],
    ['no files', { files: null }, 'files'],
    ['no repository', { repositories: [] }, 'repositories'],
    [
      'a short commit',
      { repositories: [{ ...GOOD.repositories[0], revision: 'abc' }] },
      'repositories[0].revision',
    ],
    [
      'a commit of a directory',
      { repositories: [{ ...GOOD.repositories[1], revision: COMMIT }] },
      'repositories[0].revision',
    ],
    [
      'a password',
      { repositories: [{ ...GOOD.repositories[0], source: { kind: 'git', url: 'https://a:b@c/d' } }] },
      'repositories[0].source.url',
    ],
    [
      'a git option',
      { repositories: [{ ...GOOD.repositories[0], source: { kind: 'git', url: '--upload-pack=x' } }] },
      'repositories[0].source.url',
    ],
    [
      'a command as a URL',
      { repositories: [{ ...GOOD.repositories[0], source: { kind: 'git', url: 'ext::sh -c x' } }] },
      'repositories[0].source.url',
    ],
    [
      'a relative directory',
      { repositories: [{ ...GOOD.repositories[1], source: { kind: 'directory', path: 'a' } }] },
      'repositories[0].source.path',
    ],
    [
      'a name with a slash',
      { repositories: [{ ...GOOD.repositories[1], name: '../a' }] },
      'repositories[0].name',
    ],
    ['a repository twice', { repositories: [GOOD.repositories[0], GOOD.repositories[0]] }, 'repositories'],
    ['a world line that is no atom', { world: ['hello'] }, 'world[0]'],
    ['a blocker in the world', { world: ['!a/b'] }, 'world[0]'],
    ['an option as a world line', { world: ['a/b', '--unmerge'] }, 'world[1]'],
    ['a world that is no list', { world: 'a/b' }, 'world'],
    ['a profile of no repository', { makeProfile: 'other:default' }, 'makeProfile'],
    ['a profile with a way upwards', { makeProfile: 'gentoo:a/../../..' }, 'makeProfile'],
    ['a field that is none', { wrold: [] }, 'wrold'],
  ])('refuses %s, and names the field', (_what, change, field) => {
    const checked = checkConfiguration({ ...GOOD, ...(change as object) });
    expect(checked.ok ? [] : checked.error.map((each) => each.field)).toContain(field);
  });

  it('tells of every mistake at once', () => {
    const checked = checkConfiguration({ files: { '/a': '', b: 'ok' }, world: ['?'], repositories: [7] });
    expect(checked.ok ? [] : checked.error.map(({ field }) => field)).toEqual([
      'files["/a"]',
      'repositories[0]',
      'makeProfile',
      'world[0]',
    ]);
    expect(checkConfiguration('x')).toMatchObject({ ok: false, error: [{ field: 'configuration' }] });
  });
});

describe('the difference of two configurations', () => {
  it('makes the second out of the first', () => {
    fc.assert(
      fc.property(configuration, configuration, (a, b) => {
        const made = appliedTo(a, diffConfigurations(a, b));
        expect(made).toEqual(b);
        expect(canonicalText(made)).toBe(canonicalText(b));
      }),
    );
  });

  it('is empty for the same configuration, and only for that', () => {
    const none = { files: [], world: [], repositories: [], repositoryOrder: null, makeProfile: null };
    fc.assert(
      fc.property(configuration, configuration, (a, b) => {
        expect(diffConfigurations(a, a)).toEqual(none);
        const isEmpty = JSON.stringify(diffConfigurations(a, b)) === JSON.stringify(none);
        expect(isEmpty).toBe(isSameConfiguration(a, b));
      }),
    );
  });

  it('removes and adds as few lines as can be, what replaces something beside it', () => {
    const before = linesOf('one\ntwo\nthree\nfour\n');
    const after = linesOf('one\nTWO\nthree\nfour\nfive');
    expect(diffLines(before, after)).toEqual([
      { kind: 'removed', number: 2, text: 'two\n' },
      { kind: 'added', number: 2, text: 'TWO\n' },
      { kind: 'added', number: 5, text: 'five' },
    ]);
  });

  it('compares even texts that have nothing in common, in bounded memory', () => {
    const before = Array.from({ length: 20_000 }, (_n, i) => `old ${i}\n`);
    const after = Array.from({ length: 20_000 }, (_n, i) => `new ${i}\n`);
    expect(diffLines(before, after)).toHaveLength(40_000);
  });
});

describe('a line that is accepted into a configuration', () => {
  const remedy = { file: 'package.use', line: 'media-libs/freetype -harfbuzz' };
  const having = (own: Record<string, string>): Configuration => ({ ...GOOD, files: own });

  it('goes to the end of the file where there is a file', () => {
    const { files: changed } = withLine(having({ 'package.use': 'a/b c' }), remedy);
    expect(changed).toEqual({ 'package.use': 'a/b c\nmedia-libs/freetype -harfbuzz\n' });
  });

  it('goes to a file of the swarm where there is a directory, or nothing', () => {
    const only = 'media-libs/freetype -harfbuzz\n';
    expect(withLine(having({ 'package.use/lab': 'a/b c\n' }), remedy).files).toEqual({
      'package.use/lab': 'a/b c\n',
      'package.use/zz-swarm': only,
    });
    expect(withLine(having({}), remedy).files).toEqual({ 'package.use/zz-swarm': only });
    expect(withLine(having({ 'package.use': '' }), { ...remedy, file: 'package.use/x' }).files).toEqual({
      'package.use': only,
    });
  });

  it('goes to a file of its own name where Portage knows no directory', () => {
    const { files: changed } = withLine(having({}), { file: 'make.conf', line: 'USE="-X"' });
    expect(changed).toEqual({ 'make.conf': 'USE="-X"\n' });
  });

  it('is repeated only where a later line speaks of the same package', () => {
    const twice = { ...remedy, line: 'media-libs/freetype harfbuzz' };
    const overridden = withLine(withLine(having({}), remedy), twice);
    expect(withLine(overridden, remedy).files['package.use/zz-swarm']).toBe(
      'media-libs/freetype -harfbuzz\nmedia-libs/freetype harfbuzz\nmedia-libs/freetype -harfbuzz\n',
    );
  });

  it('changes nothing the second time, and never makes a good configuration a bad one', () => {
    const remedies = fc.record({
      file: fc.constantFrom('package.use', 'package.accept_keywords', 'make.conf', 'package.use/a', 'env'),
      line: fc.constantFrom('a/b c', 'a/b -c', 'd', 'a\t'),
    });
    fc.assert(
      fc.property(configuration, remedies, (value, remedyOf) => {
        const once = withLine(value, remedyOf);
        expect(withLine(once, remedyOf)).toBe(once);
        expect(checkConfiguration(once)).toEqual({ ok: true, value: once });
      }),
    );
  });
});
