import { runApkg } from './program.js';
import { DEFAULT_BACKOFF } from './use-cases/update.js';

process.exitCode = await runApkg(process.argv.slice(2), {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  now: () => new Date(),
  backoff: DEFAULT_BACKOFF,
});
