import { readFileSync } from 'node:fs';

/** The cases of a file in `fixtures/`, whose README says what the columns are; `-` is nothing. */
export function casesOf(name: string): [string, ...string[]][] {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t') as [string, ...string[]]);
}

/** What a column says where `-` stands for nothing. */
export function textOf(column: string | undefined): string {
  return column === undefined || column === '-' ? '' : column;
}

/** The flags of a column. */
export function flagsOf(column: string | undefined): Set<string> {
  return new Set(
    textOf(column)
      .split(' ')
      .filter((flag) => flag !== ''),
  );
}
