import { readFile, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { CronName, CronReport } from '@swarm/domain-drone-audit';

import { isThere, namesIn } from './text-files.js';

/** How each daemon is known: by its program in this place, and by the name of its process. Cronie's goes by `crond`, too. */
const DAEMONS: readonly {
  readonly name: CronName;
  readonly packages: RegExp;
  readonly processes: readonly string[];
}[] = [
  { name: 'cronie', packages: /^cronie-\d/, processes: ['crond', 'cronie'] },
  { name: 'vixie-cron', packages: /^vixie-cron-\d/, processes: ['cron', 'vixie-cron'] },
  { name: 'dcron', packages: /^dcron-\d/, processes: ['crond', 'dcron'] },
  { name: 'fcron', packages: /^fcron-\d/, processes: ['fcron'] },
];
/** Directories in which each file is a table. */
const TABLE_DIRECTORIES = ['/etc/cron.d', '/var/spool/cron/crontabs', '/var/spool/cron', '/var/spool/fcron'];
const STAMPS = '/var/spool/cron/lastrun';
const MAX_TABLE_BYTES = 64 * 1024;
const MAX_LINES = 500;

/** Which cron daemons this machine has, what their tables say, and when they last ran. `root` is `/` but in tests. */
export async function readCron(root: string): Promise<CronReport> {
  const at = (path: string): string => join(root, path);
  const installed = await namesIn(at('/var/db/pkg/sys-process'));
  const running = await processNames(at('/proc'));
  const users = await readFile(at('/etc/passwd'), 'utf8').then(userNames, () => ['root']);
  const daemons = DAEMONS.map(({ name, packages, processes }) => {
    const isInstalled = installed.some((each) => packages.test(each));
    // Two daemons have one name of their process: the one that is installed is meant.
    return {
      name,
      installed: isInstalled,
      running: isInstalled && processes.some((each) => running.has(each)),
    };
  });
  return {
    daemons: daemons.filter((daemon) => daemon.installed || daemon.running),
    tables: await readTables(root),
    users,
    timers: (await isSystemd(at('/proc'))) ? await readTimers(root) : [],
    lastRuns: await readStamps(at(STAMPS)),
  };
}

async function readTables(root: string): Promise<{ path: string; lines: string[] }[]> {
  const paths = ['/etc/crontab'];
  for (const directory of TABLE_DIRECTORIES) {
    for (const name of await namesIn(join(root, directory))) paths.push(`${directory}/${name}`);
  }
  const tables: { path: string; lines: string[] }[] = [];
  for (const path of paths) {
    const file = join(root, path);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile() || found.size > MAX_TABLE_BYTES || isOwnOfDaemon(basename(path))) continue;
    const text = await readFile(file, 'utf8');
    tables.push({ path, lines: text.split('\n').slice(0, MAX_LINES) });
  }
  return tables;
}

/** Files that a daemon keeps beside its tables: fcron's compiled forms, dcron's list of changes. */
function isOwnOfDaemon(name: string): boolean {
  return (
    name === 'cron.update' ||
    name === 'cronstamps' ||
    name.startsWith('rm.') ||
    name === 'fcrontab.sig' ||
    name === '.keep'
  );
}

async function processNames(proc: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const pid of await namesIn(proc)) {
    if (!/^\d+$/.test(pid)) continue;
    const name = await readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '');
    names.add(name.trim());
  }
  return names;
}

function userNames(passwd: string): string[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = ''] = line.split(':');
    return name === '' || name.startsWith('#') ? [] : [name];
  });
}

export async function isSystemd(proc: string): Promise<boolean> {
  return (await readFile(join(proc, '1/comm'), 'utf8').catch(() => '')).trim() === 'systemd';
}

/** Timers of the administrator's own; those of packages are the packages' business. */
async function readTimers(root: string): Promise<CronReport['timers']> {
  const units = join(root, '/etc/systemd/system');
  const stamps = join(root, '/var/lib/systemd/timers');
  const own = (await namesIn(units)).filter((name) => name.endsWith('.timer'));
  const wanted = await namesIn(join(units, 'timers.target.wants'));
  return Promise.all(
    [...new Set([...own, ...wanted])].sort().map(async (unit) => {
      const stamp = await stat(join(stamps, `stamp-${unit}`)).catch(() => undefined);
      const isMasked = (await readlink(join(units, unit)).catch(() => '')) === '/dev/null';
      const lastRunAt = stamp?.mtime.toISOString() ?? null;
      return {
        unit,
        enabled: !isMasked && (wanted.includes(unit) || (await isWanted(units, unit))),
        lastRunAt,
      };
    }),
  );
}

async function isWanted(units: string, unit: string): Promise<boolean> {
  for (const name of await namesIn(units)) {
    if (/\.(?:wants|requires)$/.test(name) && (await isThere(join(units, name, unit)))) return true;
  }
  return false;
}

async function readStamps(directory: string): Promise<{ name: string; at: string }[]> {
  const stamps: { name: string; at: string }[] = [];
  for (const name of await namesIn(directory)) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found && name.startsWith('cron.')) stamps.push({ name, at: found.mtime.toISOString() });
  }
  return stamps;
}
