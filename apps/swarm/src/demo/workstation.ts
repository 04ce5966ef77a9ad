import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  createMachine,
  ensurePortage,
  listInstalled,
  prepareLab,
  updateWorldCommand,
  type Machine,
} from '@swarm/adapter-portage';
import { SwarmError } from '@swarm/kernel';
import { runCommand } from '@swarm/platform';

const UPDATE_LIMIT_MS = 600_000;
const PROGRAM_LIMIT_MS = 10_000;
/** The program that the demo runs from the workstation's root: it says what it is linked to. */
const PROGRAM = 'usr/bin/greeter';

export interface WorkstationPlaces {
  readonly home: string;
  readonly stateDir: string;
  readonly binhostUrl: string;
}

export interface WorkstationReport {
  /** What `apkg` ran, as a person would type it. */
  readonly command: string;
  readonly installed: readonly string[];
  /** What the program that was run said. */
  readonly said: string;
  readonly durationMs: number;
}

/** A root of its own in which `apkg update` installs everything from the binhost, and one program is run. */
export async function updateWorkstation(places: WorkstationPlaces): Promise<WorkstationReport> {
  const machine = await workstation(places);
  const { argv, environment } = updateWorldCommand(machine, { binhostUrl: places.binhostUrl });
  const config = join(places.stateDir, 'workstation', 'xdg', 'config');
  await mkdir(join(config, 'apkg'), { recursive: true });
  await writeFile(
    join(config, 'apkg', 'config.json'),
    JSON.stringify({ binhost: places.binhostUrl, emerge: machine.portage.emerge, env: environment }, null, 2),
  );
  const since = performance.now();
  const apkg = await runCommand(process.execPath, [join(places.home, 'dist/apps/apkg/main.js'), 'update'], {
    cwd: places.stateDir,
    env: {
      ...process.env,
      XDG_CONFIG_HOME: config,
      XDG_STATE_HOME: join(places.stateDir, 'workstation', 'xdg', 'state'),
    },
    limitMs: UPDATE_LIMIT_MS,
  });
  const durationMs = performance.now() - since;
  await writeFile(join(places.stateDir, 'logs', 'workstation.log'), `${apkg.stdout}\n${apkg.stderr}`);
  if (apkg.status !== 0) {
    throw new SwarmError('SWARM_FAILED', `apkg update ended with ${apkg.status}.`, {
      hint: `${apkg.stderr.trim().split('\n').at(-1) ?? ''} The whole output is in logs/workstation.log.`,
    });
  }
  return {
    command: argv.slice(-8).join(' '),
    installed: (await listInstalled(machine)).map(({ cpv }) => cpv),
    said: await runProgram(machine),
    durationMs,
  };
}

async function workstation({ home, stateDir }: WorkstationPlaces): Promise<Machine> {
  const setup = await ensurePortage({ cacheDir: join(home, '.cache') });
  if (setup.kind === 'unavailable') {
    throw new SwarmError('SWARM_NO_PORTAGE', setup.reason, { hint: setup.remedy });
  }
  const { portage } = setup;
  const repository = await prepareLab({
    labDir: join(home, 'lab'),
    stateDir: join(stateDir, 'lab'),
    portage,
  });
  return createMachine({
    name: 'workstation',
    dir: join(stateDir, 'workstation', 'machine'),
    repository,
    portage,
    disposableRoot: false,
  });
}

async function runProgram({ paths }: Machine): Promise<string> {
  const libraries = ['usr/lib64', 'usr/lib'].map((path) => join(paths.root, path)).join(':');
  const { status, stdout, stderr } = await runCommand(join(paths.root, PROGRAM), [], {
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
    limitMs: PROGRAM_LIMIT_MS,
  });
  if (status === 0) return stdout.trim();
  throw new SwarmError('SWARM_FAILED', `${PROGRAM} does not run: ${stderr.trim() || `exit code ${status}`}.`);
}
