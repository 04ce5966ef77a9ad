import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ReportedService } from '@swarm/domain-drone-audit';

import { isSystemd } from './read-cron.js';
import { isThere, namesIn } from './text-files.js';

/** As deploy/ names the unit. */
export const SERVICE_NAME = 'build-drone';

/** How the agent is kept running here. Throws where neither OpenRC nor systemd is the init. */
export async function readService(root: string): Promise<ReportedService> {
  const at = (path: string): string => join(root, path);
  const name = SERVICE_NAME;
  if (await isSystemd(at('/proc'))) {
    const unit = `${name}.service`;
    const enabled = await isThere(at(`/etc/systemd/system/multi-user.target.wants/${unit}`));
    const own = await readFile(at('/proc/self/cgroup'), 'utf8').catch(() => '');
    return { manager: 'systemd', name, enabled, running: own.includes(`/${unit}`) };
  }
  if (!(await isThere(at('/run/openrc')))) throw new Error('neither OpenRC nor systemd is the init here');
  const runlevels = await namesIn(at('/etc/runlevels'));
  const enabled = await Promise.all(runlevels.map((level) => isThere(at(`/etc/runlevels/${level}/${name}`))));
  return {
    manager: 'openrc',
    name,
    enabled: enabled.includes(true),
    running: await isThere(at(`/run/openrc/started/${name}`)),
  };
}
