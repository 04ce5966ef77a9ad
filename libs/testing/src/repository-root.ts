import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The top directory of this repository, from wherever the test runs. */
export function repositoryRoot(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'nx.json'))) return directory;
    if (directory === dirname(directory)) throw new Error('no nx.json above this file');
  }
}
