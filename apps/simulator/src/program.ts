import { writeFile } from 'node:fs/promises';

import { Command, InvalidArgumentError, Option } from 'commander';

import { noFaults, randomFaults, readFaults, type FaultScript } from './faults.js';
import { readFleet } from './fleet-file.js';
import { ganttSvg } from './gantt.js';
import { readGraph, type Needs } from './graph-file.js';
import { usualKnowledge } from './history.js';
import { madeGraph } from './made-graph.js';
import { policies, type PolicyName } from './policies.js';
import { randomOf } from './random.js';
import { randomSwarm } from './random-swarm.js';
import { printReports, reportOf, type Report } from './report.js';
import { search } from './search.js';
import { simulate, type Setting } from './simulate.js';
import { lowerBoundMs, type WorldGraph } from './world.js';

interface Options {
  readonly graph?: string;
  readonly packages: number;
  readonly needs: Needs;
  readonly fleet: string;
  readonly seed: number;
  readonly seeds: number;
  readonly plans: number;
  readonly faults?: string;
  readonly policy: readonly PolicyName[];
  readonly unseen: number;
  readonly sigma: number;
  readonly svg?: string;
  readonly search?: number;
  readonly replay?: number;
  readonly json?: boolean;
}

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('a whole number, 0 or more.');
  return number;
};
const positive = (text: string): number => {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('a whole number, 1 or more.');
  return number;
};
const decimal = (text: string): number => {
  const number = Number(text);
  if (text === '' || !Number.isFinite(number) || number < 0) throw new InvalidArgumentError('0 or more.');
  return number;
};

/** Exit status of a run that broke an invariant. */
const BROKEN = 1;

/** The whole command; `out` takes what it prints. */
export function makeProgram(out: (text: string) => void): Command {
  return new Command('simulate')
    .description('Plays the scheduler in virtual time, over a graph, a fleet and a script of faults.')
    .option('--graph <file>', 'packages and edges (JSON, may be gzipped); else a graph is made from the seed')
    .option('--packages <n>', 'size of the graph that is made', positive, 500)
    .addOption(
      new Option('--needs <what>', 'what a build waits for').choices(['build', 'closure']).default('closure'),
    )
    .option('--fleet <n or file>', 'so many unequal drones, or a file that describes them', '16')
    .option('--seed <n>', 'the same seed gives the same history', wholeNumber, 1)
    .option('--seeds <n>', 'so many seeds, one after another', positive, 1)
    .option('--plans <n>', 'the graph so many times at once', positive, 1)
    .option('--faults <file or random>', 'what goes wrong, and when')
    .addOption(
      new Option('--policy <names...>', 'who decides').choices(Object.keys(policies)).default(['swarm']),
    )
    .option('--sigma <n>', 'how noisy the history of build times is', decimal, usualKnowledge.sigma)
    .option('--unseen <share>', 'share of the packages without a history', decimal, usualKnowledge.unseen)
    .option('--svg <file>', 'draws the Gantt chart of the last run')
    .option(
      '--search <events>',
      'plays random swarms in trouble until so many events have happened',
      positive,
    )
    .option('--replay <seed>', 'plays one of those again', wholeNumber)
    .option('--json', 'prints one object')
    .action(async (_unused: unknown, command: Command) => {
      process.exitCode = await run(command.opts<Options>(), out);
    });
}

async function run(options: Options, out: (text: string) => void): Promise<number> {
  if (options.search !== undefined) return runSearch(options, options.search, out);
  const settings = options.replay === undefined ? await settingsOf(options) : [randomSwarm(options.replay)];
  const reports: Report[] = [];
  for (const setting of settings) {
    const history = simulate(setting);
    reports.push(reportOf(history, setting, setting));
    if (options.svg !== undefined && setting === settings.at(-1)) {
      const drones = setting.fleet.map(({ name }) => name);
      const title = `${setting.policy}, seed ${setting.seed}, ${drones.length} drones`;
      await writeFile(options.svg, await ganttSvg(history.bars, drones, title));
    }
  }
  out(options.json === true ? `${JSON.stringify({ reports })}\n` : printReports(reports));
  const broken = reports.filter(({ violations }) => violations.length > 0);
  for (const { seed, violations } of broken) out(`seed ${seed}: ${violations.join('; ')}\n`);
  return broken.length > 0 ? BROKEN : 0;
}

function runSearch({ seed, json }: Options, events: number, out: (text: string) => void): number {
  const found = search(seed, events);
  if (json === true) out(`${JSON.stringify(found)}\n`);
  else {
    const breach = found.broken
      ? `seed ${found.broken.seed} (--replay ${found.broken.seed}): ${found.broken.violations.join('; ')}`
      : '0 violations';
    out(`from seed ${seed}: ${found.events} events in ${found.swarms} swarms, ${breach}\n`);
  }
  return found.broken ? BROKEN : 0;
}

async function settingsOf(options: Options): Promise<Setting[]> {
  const { seed, seeds, plans, policy, sigma, unseen } = options;
  const fleet = await readFleet(options.fleet);
  const read = options.graph === undefined ? undefined : await readGraph(options.graph, options.needs);
  const settings: Setting[] = [];
  for (let each = seed; each < seed + seeds; each += 1) {
    const graph = read ?? madeGraph(options.packages, randomOf(each));
    const graphs = Array.from({ length: plans }, () => graph);
    const script = await scriptOf(options.faults, { graphs, fleet, seed: each });
    for (const name of policy) {
      settings.push({ graphs, fleet, script, knowledge: { sigma, unseen }, policy: name, seed: each });
    }
  }
  return settings;
}

async function scriptOf(
  given: string | undefined,
  { graphs, fleet, seed }: Pick<Setting, 'fleet' | 'seed'> & { readonly graphs: readonly WorldGraph[] },
): Promise<FaultScript> {
  if (given === undefined) return noFaults;
  if (given !== 'random') return readFaults(given);
  const names = fleet.map(({ name }) => name);
  return randomFaults(names, lowerBoundMs(graphs, fleet), randomOf(seed));
}
