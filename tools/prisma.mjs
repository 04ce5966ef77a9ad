// The Prisma CLI without any engine download: `npm run prisma -- <command …>`.
// `drift` is ours: it compares prisma/migrations with prisma/schema.prisma (exit 2 when they differ). It needs a
// Postgres in DATABASE_URL whose user may create databases, and makes a scratch one there.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DRIFT = [
  'migrate',
  'diff',
  '--from-migrations',
  'prisma/migrations',
  '--to-schema',
  'prisma/schema.prisma',
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { resolve } = createRequire(import.meta.url);
const cli = join(dirname(resolve('prisma/package.json')), 'build/index.js');
const [command, ...rest] = process.argv.slice(2);
const args = command === 'drift' ? [...DRIFT, '--exit-code', ...rest] : process.argv.slice(2);

const { status, error } = spawnSync(process.execPath, [cli, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: join(root, 'tools/schema-engine.mjs'),
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  },
});
if (error) throw error;
process.exitCode = status ?? 1;
