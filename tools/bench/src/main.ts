import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';

import { runFleet } from './drone-fleet.js';
import { resolverSuite } from './resolver.suite.js';
import { machineLine, printResults, type Result, type Suite } from './results.js';
import { schedulerSuite } from './scheduler.suite.js';

const suites: Readonly<Record<string, Suite>> = { resolver: resolverSuite, scheduler: schedulerSuite };

/** `bench <suite> [--json]`: exit status 2 for a suite that is not there. */
async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '15' } },
  });
  const [name = ''] = positionals;
  const suite = suites[name];
  const runs = Number(values.runs);
  if (!suite || !Number.isInteger(runs) || runs < 1) {
    process.stderr.write(`usage: bench <${Object.keys(suites).join('|')}> [--json] [--runs N]\n`);
    process.exitCode = 2;
    return;
  }
  const results: readonly Result[] = await suite(runs);
  const machine = {
    node: process.version,
    cores: cpus().length,
    model: cpus()[0]?.model,
    memoryBytes: totalmem(),
  };
  if (values.json) process.stdout.write(`${JSON.stringify({ suite: name, machine, results })}\n`);
  else process.stdout.write(`${machineLine(machine)}\n${printResults(results)}`);
}

// The bundle is one file: a thread of the bench runs it, too.
await (isMainThread ? main(process.argv.slice(2)) : runFleet());
