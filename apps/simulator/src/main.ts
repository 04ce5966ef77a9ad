import { SwarmError } from '@swarm/kernel';

import { makeProgram } from './program.js';

const program = makeProgram((text) => {
  process.stdout.write(text);
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof SwarmError)) throw error;
  process.stderr.write(`simulate: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
