import {
  MAX_CONFIGURATION_FILES,
  MAX_FILE_CHARACTERS,
  MAX_FILES_CHARACTERS,
  MAX_PATH_CHARACTERS,
} from './configuration-limits.js';
import { isRecord, quoted, type Report } from './configuration-report.js';

/** Control characters other than tab, line feed, form feed and carriage return; and halves of surrogate pairs. */
const NOT_TEXT = /[\u0000-\u0008\u000B\u000E-\u001F\u007F\p{Surrogate}]/u;
const NOT_IN_A_PATH = /[\u0000-\u001F\u007F\\\p{Surrogate}]/u;

/** The files of a configuration, checked; those with mistakes are left out. */
export function checkFiles(value: unknown, report: Report): Readonly<Record<string, string>> {
  if (!isRecord(value)) {
    report('files', 'must be an object of texts by their path below etc/portage');
    return {};
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_CONFIGURATION_FILES) {
    report('files', `has ${entries.length} files; at most ${MAX_CONFIGURATION_FILES} are allowed`);
    return {};
  }
  const files = entries.flatMap(([path, text]): [string, string][] => {
    const wrong = mistakeOfPath(path) ?? mistakeAmong(path, value) ?? mistakeOfText(text);
    if (wrong === undefined && typeof text === 'string') return [[path, text]];
    report(`files[${quoted(path)}]`, wrong ?? 'must be text');
    return [];
  });
  const characters = files.reduce((sum, [, text]) => sum + text.length, 0);
  if (characters > MAX_FILES_CHARACTERS) {
    report('files', `have ${characters} characters together; at most ${MAX_FILES_CHARACTERS} are allowed`);
  }
  return Object.fromEntries(files);
}

/** What is wrong with a path below etc/portage; undefined for a good one. */
export function mistakeOfPath(path: string): string | undefined {
  if (path === '') return 'a path must not be empty';
  if (path.length > MAX_PATH_CHARACTERS) return `a path has at most ${MAX_PATH_CHARACTERS} characters`;
  if (path.startsWith('/')) return 'the path must be relative to etc/portage: leave out the leading slash';
  if (NOT_IN_A_PATH.test(path)) return 'a path holds no control characters and no backslash';
  const steps = path.split('/');
  if (steps.some((step) => step === '..' || step === '.' || step === '')) {
    return 'a path has no empty parts, no "." and no ".."';
  }
  if (steps[0] === 'make.profile') return 'make.profile is the field makeProfile, and no file';
  return undefined;
}

function mistakeAmong(path: string, files: Readonly<Record<string, unknown>>): string | undefined {
  const steps = path.split('/');
  const above = steps.map((_step, index) => steps.slice(0, index).join('/'));
  const file = above.find((each) => each !== '' && Object.hasOwn(files, each));
  return file === undefined
    ? undefined
    : `${quoted(file)} is a file too: it cannot be both file and directory`;
}

function mistakeOfText(text: unknown): string | undefined {
  if (typeof text !== 'string') return `must be text, not ${quoted(text)}`;
  if (text.length > MAX_FILE_CHARACTERS) {
    return `has ${text.length} characters; at most ${MAX_FILE_CHARACTERS} are allowed`;
  }
  return NOT_TEXT.test(text) ? 'is binary: only text is allowed' : undefined;
}
