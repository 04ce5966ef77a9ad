import { canonicalText } from './configuration-text.js';
import type { Configuration, RepositoryPin } from './configuration.js';
import { diffLines, linesOf, type LineChange } from './line-diff.js';

/** What became of one file below etc/portage. */
export interface FileChange {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly lines: readonly LineChange[];
}

/** What became of one repository; null where it was not there before, or is not any more. */
export interface RepositoryChange {
  readonly name: string;
  readonly from: RepositoryPin | null;
  readonly to: RepositoryPin | null;
}

/** All that makes one configuration out of another. */
export interface ConfigurationChanges {
  /** In order of path. */
  readonly files: readonly FileChange[];
  readonly world: readonly LineChange[];
  /** In order of name. */
  readonly repositories: readonly RepositoryChange[];
  /** Names in their new order, which says which one is the main repository; null where that is as it was. */
  readonly repositoryOrder: readonly string[] | null;
  readonly makeProfile: { readonly from: string; readonly to: string } | null;
}

/** What has to be changed in `a` to have `b`. Pure. */
export function diffConfigurations(a: Configuration, b: Configuration): ConfigurationChanges {
  const order = b.repositories.map(({ name }) => name);
  const isOrderKept = order.join(' ') === a.repositories.map(({ name }) => name).join(' ');
  return {
    files: diffFiles(a.files, b.files),
    world: diffLines(a.world, b.world),
    repositories: diffRepositories(a.repositories, b.repositories),
    repositoryOrder: isOrderKept ? null : order,
    makeProfile: a.makeProfile === b.makeProfile ? null : { from: a.makeProfile, to: b.makeProfile },
  };
}

/** True where the two are one and the same value. */
export function isSameConfiguration(a: Configuration, b: Configuration): boolean {
  return canonicalText(a) === canonicalText(b);
}

type Files = Configuration['files'];

function diffFiles(a: Files, b: Files): readonly FileChange[] {
  return inOrder([...Object.keys(a), ...Object.keys(b)]).flatMap((path): FileChange[] => {
    const before = textIn(a, path);
    const after = textIn(b, path);
    if (before === after) return [];
    const lines = diffLines(linesOf(before ?? ''), linesOf(after ?? ''));
    const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    return [{ path, kind, lines }];
  });
}

function textIn(files: Files, path: string): string | undefined {
  return Object.hasOwn(files, path) ? files[path] : undefined;
}

function diffRepositories(
  a: readonly RepositoryPin[],
  b: readonly RepositoryPin[],
): readonly RepositoryChange[] {
  return inOrder([...a, ...b].map(({ name }) => name)).flatMap((name) => {
    const from = a.find((pin) => pin.name === name) ?? null;
    const to = b.find((pin) => pin.name === name) ?? null;
    return from && to && isSamePin(from, to) ? [] : [{ name, from, to }];
  });
}

function isSamePin(a: RepositoryPin, b: RepositoryPin): boolean {
  return a.revision === b.revision && placeOf(a) === placeOf(b);
}

function placeOf({ source }: RepositoryPin): string {
  return source.kind === 'git' ? `git ${source.url}` : `directory ${source.path}`;
}

/** Each once, in order of UTF-16 units. */
function inOrder(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort((one, other) => (one < other ? -1 : 1));
}
