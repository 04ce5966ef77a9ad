import { parseAtom } from '@swarm/domain-ebuild';
import { err, ok, type Result } from '@swarm/kernel';

import { checkFiles } from './configuration-files.js';
import { MAX_WORD_CHARACTERS, MAX_WORLD_LINES } from './configuration-limits.js';
import { checkRepositories } from './configuration-repositories.js';
import { isRecord, quoted, type ConfigurationError, type Report } from './configuration-report.js';
import type { Configuration, RepositoryPin } from './configuration.js';

/** `repository:path`, the path relative and without a way upwards. */
const MAKE_PROFILE =
  /^([A-Za-z0-9_][A-Za-z0-9_-]*):((?!\.\.?(?:\/|$))[^/\s]+(?:\/(?!\.\.?(?:\/|$))[^/\s]+)*)$/;
const SET = /^@[A-Za-z0-9_][\w.+-]*$/;
const FIELDS: readonly string[] = ['files', 'makeProfile', 'world', 'repositories'];

/** What a configuration must be to be pushed; every mistake is told, each with its field. Pure. */
export function checkConfiguration(value: unknown): Result<Configuration, readonly ConfigurationError[]> {
  const errors: ConfigurationError[] = [];
  const report: Report = (field, message) => {
    errors.push({ field, message });
  };
  if (!isRecord(value)) {
    return err([{ field: 'configuration', message: `must be an object with ${FIELDS.join(', ')}` }]);
  }
  for (const name of Object.keys(value)) {
    if (!FIELDS.includes(name)) report(name, `is no field of a configuration: it has ${FIELDS.join(', ')}`);
  }
  const files = checkFiles(value['files'], report);
  const repositories = checkRepositories(value['repositories'], report);
  const makeProfile = checkMakeProfile(value['makeProfile'], repositories, report);
  const world = checkWorld(value['world'], report);
  return errors.length > 0 ? err(errors) : ok({ files, makeProfile, world, repositories });
}

function checkMakeProfile(value: unknown, repositories: readonly RepositoryPin[], report: Report): string {
  const match = typeof value === 'string' ? MAKE_PROFILE.exec(value) : null;
  if (typeof value !== 'string' || !match) {
    report(
      'makeProfile',
      `must be repository:path, e.g. gentoo:default/linux/amd64/23.0, not ${quoted(value)}`,
    );
    return '';
  }
  const [, repository] = match;
  if (repositories.length > 0 && !repositories.some(({ name }) => name === repository)) {
    const known = repositories.map(({ name }) => name).join(', ');
    report('makeProfile', `${quoted(repository)} is none of the repositories (${known})`);
  }
  return value;
}

function checkWorld(value: unknown, report: Report): readonly string[] {
  if (!Array.isArray(value)) {
    report('world', 'must be a list of atoms and sets, empty where there are none');
    return [];
  }
  if (value.length > MAX_WORLD_LINES) {
    report('world', `has ${value.length} lines; at most ${MAX_WORLD_LINES} are allowed`);
    return [];
  }
  return value.map((line: unknown, index) => {
    const wrong = mistakeOfEntry(line);
    if (wrong === undefined && typeof line === 'string') return line;
    report(`world[${index}]`, wrong ?? 'must be text');
    return '';
  });
}

function mistakeOfEntry(line: unknown): string | undefined {
  const right = 'must be an atom or a set, e.g. app-misc/hello or @desktop';
  if (typeof line !== 'string' || line.length > MAX_WORD_CHARACTERS) return `${right}, not ${quoted(line)}`;
  if (SET.test(line)) return undefined;
  const atom = parseAtom(line);
  if (!atom.ok) return `${right}, not ${quoted(line)}: ${atom.error.message}`;
  return atom.value.blocker === undefined ? undefined : `${right}, and ${quoted(line)} is a blocker`;
}
