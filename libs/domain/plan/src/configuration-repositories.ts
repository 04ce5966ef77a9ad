import { MAX_REPOSITORIES, MAX_WORD_CHARACTERS } from './configuration-limits.js';
import { isRecord, quoted, type Report } from './configuration-report.js';
import type { RepositoryPin, RepositorySource } from './configuration.js';

/** PMS 3.1.5. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
const COMMIT = /^[0-9a-f]{40}$/;
const TREE = /^tree:[0-9a-f]{64}$/;
/** What git takes as a place to fetch from: a URL of a known scheme, `host:path`, or an absolute directory. */
const GIT_URL = /^(?:(?:https?|git|ssh|file):\/\/\S+|(?:[\w.-]+@)?[\w.-]+:(?![:/])\S+|\/\S*)$/;
/** A URL with a password in it: everybody who can read a configuration could read that. */
const HAS_PASSWORD = /^\w[\w+.-]*:\/\/[^/@]*:[^/@]*@/;
const DIRECTORY = /^\/(?!.*(?:^|\/)\.\.?(?:\/|$))[^\u0000-\u001F]*$/;

/** The repositories of a configuration, checked; those with mistakes are left out. */
export function checkRepositories(value: unknown, report: Report): readonly RepositoryPin[] {
  if (!Array.isArray(value) || value.length === 0) {
    report('repositories', 'must be a list of at least one repository, the main one first');
    return [];
  }
  if (value.length > MAX_REPOSITORIES) {
    report('repositories', `has ${value.length} repositories; at most ${MAX_REPOSITORIES} are allowed`);
    return [];
  }
  const pins = value.flatMap((pin: unknown, index) => {
    const checked = checkPin(pin, (part, message) => {
      report(`repositories[${index}]${part}`, message);
    });
    return checked ? [checked] : [];
  });
  for (const [index, { name }] of pins.entries()) {
    if (pins.findIndex((pin) => pin.name === name) !== index) {
      report('repositories', `${quoted(name)} is there twice: a name is given once`);
    }
  }
  return pins;
}

function checkPin(value: unknown, report: Report): RepositoryPin | undefined {
  if (!isRecord(value)) {
    report('', 'must be an object with name, source and revision');
    return undefined;
  }
  const { name, revision } = value as { readonly name?: unknown; readonly revision?: unknown };
  const goodName = typeof name === 'string' && name.length <= MAX_WORD_CHARACTERS && NAME.test(name);
  if (!goodName) report('.name', `must be a repository's name, e.g. gentoo, not ${quoted(name)}`);
  const source = checkSource(value['source'], report);
  if (source === undefined) return undefined;
  const isGit = source.kind === 'git';
  if (typeof revision !== 'string' || !(isGit ? COMMIT : TREE).test(revision)) {
    const right = isGit
      ? 'the full commit of a git repository: 40 hex digits'
      : 'the digest of a directory: tree: and 64 hex digits';
    report('.revision', `must be ${right}, not ${quoted(revision)}`);
    return undefined;
  }
  return goodName ? { name, source, revision } : undefined;
}

function checkSource(value: unknown, report: Report): RepositorySource | undefined {
  const source = isRecord(value) ? value : {};
  if (source['kind'] === 'git') {
    const { url } = source as { readonly url?: unknown };
    if (typeof url === 'string' && url.length <= MAX_WORD_CHARACTERS && GIT_URL.test(url)) {
      if (!HAS_PASSWORD.test(url)) return { kind: 'git', url };
      report('.source.url', 'must hold no password: every reader of the configuration would see it');
    } else {
      report('.source.url', `must be a git URL or an absolute path, not ${quoted(url)}`);
    }
  } else if (source['kind'] === 'directory') {
    const { path } = source as { readonly path?: unknown };
    if (typeof path === 'string' && path.length <= MAX_WORD_CHARACTERS && DIRECTORY.test(path)) {
      return { kind: 'directory', path };
    }
    report('.source.path', `must be an absolute path without "..", not ${quoted(path)}`);
  } else {
    report('.source', 'must be {kind: "git", url} or {kind: "directory", path}');
  }
  return undefined;
}
