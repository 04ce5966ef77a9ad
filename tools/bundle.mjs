// Bundles one application into dist/apps/<name>/main.js: our own code in one file, npm packages left outside.
import { access, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { build } from 'esbuild';

const projectRoot = process.argv[2];
if (!projectRoot) throw new Error('usage: bundle.mjs <project root>');
const outdir = join('dist', projectRoot);

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: [join(projectRoot, 'src/main.ts')],
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  tsconfig: 'tsconfig.base.json',
  logLevel: 'warning',
});
// Files that an application reads beside its own code.
const assets = join(projectRoot, 'assets');
const hasAssets = await access(assets).then(
  () => true,
  () => false,
);
if (hasAssets) await cp(assets, join(outdir, 'assets'), { recursive: true });
