import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { runCommand } from '@swarm/platform';
import { repositoryRoot } from '@swarm/testing';

const LIMIT_MS = 180_000;
const home = repositoryRoot();
const env = { ...process.env, NX_DAEMON: 'false', NODE_OPTIONS: '' };

const importing = (module: string): string =>
  `import * as planted from '${module}';\n\nexport { planted };\n`;
const BOUNDARY = '@nx/enforce-module-boundaries';

/** What must not pass: who, in which folder, what is planted there, and the rule that must catch it. */
const plants = [
  ['the domain imports zod', 'libs/domain/job/src', importing('zod'), BOUNDARY],
  ['the domain imports node:fs', 'libs/domain/job/src', importing('node:fs'), 'no-restricted-imports'],
  ['the domain imports contracts', 'libs/domain/plan/src', importing('@swarm/contracts'), BOUNDARY],
  ['contracts import the domain', 'libs/contracts/src', importing('@swarm/domain-job'), BOUNDARY],
  ['a drone imports the ledger', 'apps/drone/src', importing('@swarm/adapter-postgres'), BOUNDARY],
  ['the command imports the ledger', 'apps/swarm/src', importing('@swarm/adapter-postgres'), BOUNDARY],
  ['a service imports the test kit', 'apps/healer/src', importing('@swarm/testing'), BOUNDARY],
  [
    'a use case imports Nest',
    'apps/healer/src/use-cases',
    importing('@nestjs/common'),
    'no-restricted-imports',
  ],
  [
    'the domain reads a clock',
    'libs/domain/job/src',
    'export const now = Date.now();\n',
    'no-restricted-properties',
  ],
  [
    'the domain throws dice',
    'libs/domain/job/src',
    'export const d = Math.random();\n',
    'no-restricted-properties',
  ],
  [
    'the domain waits',
    'libs/domain/job/src',
    'export async function later(): Promise<void> {\n  await Promise.resolve();\n}\n',
    'no-restricted-syntax',
  ],
] as const;

interface Report {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null }[];
}

const fileOf = (folder: string, i: number): string => join(home, folder, `planted-fault-${i}.ts`);

describe('lint finds it when', () => {
  const broken = new Map<string, (string | null)[]>();

  beforeAll(async () => {
    const files = plants.map(([, folder], i) => fileOf(folder, i));
    await Promise.all(plants.map(([, folder, content], i) => writeFile(fileOf(folder, i), content)));
    // Without a project graph the boundary rule is skipped in silence (seen with Nx 23.2.1).
    await runCommand('npx', ['nx', 'graph', '--file=.nx/graph.json'], { cwd: home, env, limitMs: LIMIT_MS });
    const { stdout } = await runCommand('npx', ['eslint', '--format=json', ...files], {
      cwd: home,
      env,
      limitMs: LIMIT_MS,
    });
    for (const { filePath, messages } of JSON.parse(stdout) as Report[]) {
      broken.set(
        basename(filePath),
        messages.map(({ ruleId }) => ruleId),
      );
    }
  }, LIMIT_MS);

  afterAll(async () => {
    await Promise.all(plants.map(([, folder], i) => rm(fileOf(folder, i), { force: true })));
  });

  it.each(plants.map(([what, folder, , rule], i) => [what, rule, basename(fileOf(folder, i))]))(
    '%s (%s)',
    (_what, rule, file) => {
      expect(broken.get(file)).toContain(rule);
    },
  );
});
