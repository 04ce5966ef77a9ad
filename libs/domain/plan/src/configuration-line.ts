import type { Configuration } from './configuration.js';
import type { Remedy } from './plan-document.js';

/** The file that takes accepted lines where Portage reads a directory; by its name it is read after most others. */
export const LINES_FILE = 'zz-swarm';

/**
 * The configuration with one more line, e.g. `package.use` and `media-libs/freetype -harfbuzz`. What Portage lets be
 * file or directory may be either here. A line that is in force already changes nothing. Pure; the result is to be
 * checked like any other, since file and line come from outside.
 */
export function withLine(configuration: Configuration, { file, line }: Remedy): Configuration {
  const { files } = configuration;
  const path = fileFor(files, file);
  const text = Object.hasOwn(files, path) ? (files[path] ?? '') : '';
  if (isInForce(text, line)) return configuration;
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  return { ...configuration, files: { ...files, [path]: `${text}${separator}${line}\n` } };
}

function fileFor(files: Configuration['files'], file: string): string {
  const steps = file.split('/');
  const prefixes = steps.map((_step, index) => steps.slice(0, index + 1).join('/'));
  const present = prefixes.find((prefix) => Object.hasOwn(files, prefix));
  if (present !== undefined) return present;
  const isDirectory = Object.keys(files).some((path) => path.startsWith(`${file}/`));
  const becomesDirectory = steps.length === 1 && file.startsWith('package.');
  return isDirectory || becomesDirectory ? `${file}/${LINES_FILE}` : file;
}

/** It is there, and no later line speaks of the same package: that one would be the one that counts. */
function isInForce(text: string, line: string): boolean {
  const lines = text.split('\n').map((each) => each.trim());
  const wanted = line.trim();
  const place = lines.lastIndexOf(wanted);
  return place >= 0 && !lines.slice(place + 1).some((later) => firstWord(later) === firstWord(wanted));
}

function firstWord(line: string): string {
  return line.split(/\s/, 1)[0] ?? '';
}
