import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { ensurePortage } from '@swarm/adapter-portage';
import { SwarmError } from '@swarm/kernel';
import { Command, Option } from 'commander';

import { projectHome } from '../up/up.command.js';
import { travel } from './journey.js';
import { startSwarm } from './running-swarm.js';
import { summarize, summaryText, type Summary } from './summary.js';

/** One is lost on the way, and the others must still be able to disagree. */
const DRONES = 3;

interface Flags {
  readonly state: string;
  readonly executor: string;
  readonly json?: string;
}

/** `swarm demo`: the whole journey, from `@world` to an installed package. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'build the lab with three drones, lose one, publish, and install everything in a workstation root',
    )
    .option(
      '--state <dir>',
      'where the swarm of the demo lives; run it twice to see that nothing is built again',
      '.swarm/demo',
    )
    .addOption(
      new Option('--executor <kind>', 'how drones build')
        .choices(['auto', 'portage', 'synthetic'])
        .default('auto'),
    )
    .option('--json <file>', 'write the summary there as JSON, too')
    .action(async (flags: Flags) => {
      await demo({ ...flags, state: resolve(flags.state) });
    });
}

async function demo({ state, executor, json }: Flags): Promise<void> {
  const home = projectHome();
  const synthetic = await whySynthetic(executor, join(home, '.cache'));
  // The first line, before anything else: nobody shall take a synthetic journey for a real one.
  if (synthetic !== undefined) say(`SYNTHETIC builds, nothing of it is real: ${synthetic}`);
  await mkdir(join(state, 'logs'), { recursive: true });
  const output = openSync(join(state, 'up.log'), 'a');
  try {
    say(`starting Postgres, NATS, five services and ${DRONES} drones (state and logs: ${state})`);
    const swarm = await startSwarm({
      home,
      stateDir: state,
      drones: DRONES,
      executor: synthetic === undefined ? 'portage' : 'synthetic',
      output,
    });
    say(`status page: ${swarm.runtime.gateway}/`);
    let summary: Summary;
    try {
      summary = summarize(await travel({ swarm, home, stateDir: state, say }));
    } finally {
      const ended = await swarm.stop();
      say(`swarm stopped (${ended})`);
    }
    process.stdout.write(summaryText(summary));
    if (json !== undefined) await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
    check(summary);
  } finally {
    closeSync(output);
  }
}

/** Why the journey is synthetic; undefined where Portage can be had. */
async function whySynthetic(executor: string, cacheDir: string): Promise<string | undefined> {
  if (executor === 'synthetic') return 'they were asked for';
  const setup = await ensurePortage({ cacheDir, onProgress: say });
  if (setup.kind === 'ready') return undefined;
  if (executor === 'portage') throw new SwarmError('SWARM_NO_PORTAGE', setup.reason, { hint: setup.remedy });
  return `Portage cannot be had here: ${setup.reason} ${setup.remedy}`;
}

/** The journey must have led somewhere, or the demo fails. */
function check(summary: Summary): void {
  const faults = [
    ...(summary.installed === 0 ? ['nothing reached the workstation'] : []),
    ...(summary.lost?.finishedBy === null ? [`${summary.lost.cpv} was never finished`] : []),
    ...(summary.lost && summary.lost.finishedBy === summary.lost.drone
      ? ['the lost drone finished its work']
      : []),
  ];
  if (faults.length > 0) throw new SwarmError('SWARM_FAILED', `The journey failed: ${faults.join('; ')}.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
