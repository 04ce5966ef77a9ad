import type { InitSystem } from '@swarm/domain-healing';

/** The agent's service, as our own units name it (deploy/openrc, deploy/systemd). */
const SERVICE = 'build-drone';

interface ServiceCommands {
  readonly restart: readonly string[];
  /** Ends with 0 exactly when the service runs. */
  readonly status: readonly string[];
  readonly reboot: readonly string[];
}

/** How each init system is spoken to; its own service manager, never `kill` (S29). */
export const serviceCommands = {
  openrc: {
    restart: ['rc-service', SERVICE, 'restart'],
    status: ['rc-service', SERVICE, 'status'],
    reboot: ['reboot'],
  },
  systemd: {
    restart: ['systemctl', 'restart', SERVICE],
    status: ['systemctl', 'is-active', SERVICE],
    reboot: ['systemctl', 'reboot'],
  },
} as const satisfies Readonly<Record<InitSystem, ServiceCommands>>;

export const readMachineId = ['cat', '/etc/machine-id'] as const;
/** A container has the boot id of its host's kernel, but a process 1 of its own. */
export const readBootId = ['cat', '/proc/sys/kernel/random/boot_id'] as const;
export const readFirstProcess = ['cat', '/proc/1/stat'] as const;

/** Which boot a host is in: the kernel's, and the start of process 1 in it (proc(5), field 22). */
export function bootOf(bootId: string, firstProcess: string): string | undefined {
  const [id] = /^[0-9a-f-]{36}/.exec(bootId.trim()) ?? [];
  // The name of the program is in brackets, and may hold anything; 20 fields follow it up to the start.
  const fields = firstProcess
    .slice(firstProcess.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const started = fields[19];
  return id === undefined || started === undefined || !/^\d+$/.test(started) ? undefined : `${id}/${started}`;
}
