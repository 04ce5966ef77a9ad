import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { cleanEnvironment } from './inherited-environment.js';
import type { Portage } from './portage.js';
import { findProgram, isExecutable, systemPath } from './programs.js';
import { runProcess } from './run-process.js';
import { SetupFailure } from './setup-failure.js';
import { probePortage } from './system-portage.js';

/** The release on PyPI that everything here was tried with. */
export const portageRelease = '3.0.82.2';

/** Raised when the layout below changes, so that an older installation is made anew. */
const LAYOUT = 2;
/** Name of the directory that it is installed into: another layout never takes the place of one that is in use. */
export const portageDirectory = `portage-${portageRelease}-${LAYOUT}`;
const STEP_TIMEOUT_MS = 5 * 60_000;
const COMMANDS = [
  'ebuild',
  'egencache',
  'emaint',
  'emerge',
  'env-update',
  'gpkg-sign',
  'portageq',
  'quickpkg',
];
const RECORD = 'swarm.json';

const Record = z.object({
  layout: z.literal(LAYOUT),
  portage: z.object({
    version: z.string(),
    python: z.string(),
    binDir: z.string(),
    emerge: z.array(z.string()),
    egencache: z.array(z.string()),
    globalConfigDir: z.string(),
    globalConfigPath: z.string(),
    source: z.literal('pypi'),
  }),
});

/** The Portage that `installPortage` put there, if it is whole. The programs that it calls are another matter. */
export async function findInstalledPortage(home: string): Promise<Portage | undefined> {
  const text = await readFile(join(home, RECORD), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = Record.safeParse(parseJson(text));
  if (!record.success) return undefined;
  const { portage } = record.data;
  // A virtual environment is bound to its path and to its interpreter; either may have gone.
  const usable = portage.binDir.startsWith(`${home}/`) && (await isExecutable(portage.python));
  return usable ? portage : undefined;
}

/** Installs Portage into a virtual environment at `home`; rejects with a `SetupFailure` where that cannot be. */
export async function installPortage(home: string, onProgress: (line: string) => void): Promise<Portage> {
  const interpreter = await findInterpreter();
  onProgress(`installing portage ${portageRelease} from PyPI into ${home}`);
  await rm(home, { recursive: true, force: true });
  await step('the virtual environment could not be made', [interpreter, '-m', 'venv', home]);
  const python = join(home, 'bin', 'python');
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
  await step(`portage ${portageRelease} could not be installed from PyPI`, [
    python,
    ...pip,
    `portage==${portageRelease}`,
  ]);

  const binDir = await makeBinDir(home);
  const probed = await probePortage(join(binDir, 'python'));
  if (!probed)
    throw new SetupFailure('the installed Portage cannot be imported', `remove ${home} and try again`);
  onProgress('compiling Portage to byte code');
  await byteCompile(home, python);

  const portage: Portage = {
    ...probed,
    python: join(binDir, 'python'),
    binDir,
    emerge: [join(binDir, 'emerge')],
    egencache: [join(binDir, 'egencache')],
    source: 'pypi',
  };
  // Last, and whole: its presence means that everything before it is there.
  await writeFile(join(home, `${RECORD}.new`), JSON.stringify({ layout: LAYOUT, portage }));
  await rename(join(home, `${RECORD}.new`), join(home, RECORD));
  return portage;
}

/**
 * Ebuild phases start many short Pythons that write no byte code themselves:
 * without this step the installation of one binary takes three times as long.
 */
async function byteCompile(home: string, python: string): Promise<void> {
  const failed = await runProcess({
    command: [python, '-m', 'compileall', '-q', join(home, 'lib')],
    environment: cleanEnvironment(home),
    timeoutMs: STEP_TIMEOUT_MS,
  });
  if (failed.stopped !== undefined)
    throw new SetupFailure('byte-compiling Portage took too long', 'try again');
}

/** A directory for `PATH` with Portage's commands, and the names that Gentoo has and other systems lack. */
async function makeBinDir(home: string): Promise<string> {
  const binDir = join(home, 'path');
  await mkdir(binDir, { recursive: true });
  for (const command of COMMANDS) await symlink(join('..', 'bin', command), join(binDir, command));
  // Found beside `pyvenv.cfg`, such a link still is the environment's own interpreter.
  for (const name of ['python', 'python3']) await symlink(join('..', 'bin', 'python'), join(binDir, name));
  const tar = await findProgram('tar', systemPath);
  await symlink(tar ?? '/bin/tar', join(binDir, 'gtar'));
  return binDir;
}

/** A Python of the system if possible (others may be unreadable to other users), else one on the path. */
async function findInterpreter(): Promise<string> {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))';
  for (const path of [systemPath, process.env['PATH'] ?? '']) {
    const candidate = await findProgram('python3', path);
    if (candidate === undefined) continue;
    const { exitCode } = await runProcess({
      command: [candidate, '-c', check],
      environment: processEnvironment(),
      timeoutMs: STEP_TIMEOUT_MS,
    });
    if (exitCode === 0) return candidate;
  }
  throw new SetupFailure(
    'there is no Python 3.9 or later that can make virtual environments',
    'install it (Debian: apt-get install python3 python3-venv), then try again',
  );
}

async function step(reason: string, command: readonly string[]): Promise<void> {
  const { exitCode, stopped, tail } = await runProcess({
    command,
    environment: processEnvironment(),
    timeoutMs: STEP_TIMEOUT_MS,
  });
  if (exitCode === 0) return;
  const lines = tail.trim().split('\n').slice(-3).join(' ');
  const detail = stopped === undefined ? lines : `no end after ${STEP_TIMEOUT_MS / 1000} s`;
  throw new SetupFailure(
    `${reason}: ${detail}`,
    'check that this machine can reach PyPI (pip uses PIP_INDEX_URL and https_proxy), then try again',
  );
}

/** pip follows the user's own settings: index, proxies, certificates. */
function processEnvironment(): Record<string, string> {
  const { PYTHONHOME: _home, PYTHONPATH: _path, ...rest } = process.env;
  return Object.fromEntries(
    Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
