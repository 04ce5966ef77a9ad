import { setTimeout as delay } from 'node:timers/promises';

import { runProgram } from './program.js';
import { demoCommand } from './demo/demo.command.js';
import { setupCommand } from './up/setup.command.js';
import { upCommand } from './up/up.command.js';

/** Commands that need no gateway. */
const local = [upCommand(), setupCommand(), demoCommand()];

const stop = new AbortController();
/** Local commands stop in their own way, so a first signal only tells followers. */
process.once('SIGINT', () => {
  stop.abort();
});
// A reader that is gone (`| head`) ends the command like Ctrl-C.
process.stdout.on('error', () => {
  stop.abort();
});

process.exitCode = await runProgram(
  process.argv.slice(2),
  {
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY,
    signal: stop.signal,
    now: () => new Date(),
    pause: (ms) => delay(ms, undefined, { signal: stop.signal }).catch(() => undefined),
  },
  local,
);
