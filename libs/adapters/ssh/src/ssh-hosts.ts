import {
  hostKeyTypes,
  type ActReport,
  type DroneHost,
  type HostAccess,
  type HostKey,
  type HostReport,
  type HostScan,
  MACHINE_ID,
} from '@swarm/domain-healing';
import { withTimeLimit } from '@swarm/platform';

import { bootOf, readBootId, readFirstProcess, readMachineId, serviceCommands } from './commands.js';
import { ConnectionRefused, openConnection, type Connection, type Ran } from './connection.js';
import { fingerprintOf } from './known-key.js';
import { defaultSshLimits, type SshLimits } from './limits.js';

export interface SshHostsOptions {
  /** Text of the private key; undefined where none is configured: no host can be reached then. */
  readonly privateKey: string | undefined;
  readonly limits?: SshLimits;
  /** Lets time pass between two looks at a service. */
  readonly pause: (ms: number) => Promise<void>;
}

/** A connection to a host that has proven who it is, and what its programs said so far. */
interface Proven {
  /** Runs a command, and keeps what it says. */
  readonly run: (args: readonly string[]) => Promise<Ran>;
  readonly output: () => string;
}

const NO_KEY = 'no private key is configured (SWARM_SSH_KEY_FILE)';

/** The machines of drones over SSH. */
export function sshHosts(options: SshHostsOptions): HostAccess {
  const limits = options.limits ?? defaultSshLimits;
  const { privateKey, pause } = options;
  const withHost = async <R extends HostReport>(
    host: DroneHost,
    use: (proven: Proven) => Promise<R>,
    failed: (report: HostReport) => R,
  ): Promise<R> => {
    if (privateKey === undefined) return failed(reportOf('no-access', NO_KEY));
    let connection: Connection | undefined;
    let output = '';
    try {
      const whole = async (): Promise<R> => {
        const opened = await openConnection({ ...host, privateKey, limits });
        connection = opened;
        const run = async (args: readonly string[]): Promise<Ran> => {
          const ran = await opened.run(args);
          output = `${output}$ ${args.join(' ')}\n${ran.output}`.slice(-limits.outputChars);
          return ran;
        };
        const other = await impostor(host, run);
        if (other !== undefined) return failed({ ...reportOf('wrong-machine', other), output });
        return use({ run, output: () => output });
      };
      return await withTimeLimit(whole(), limits.totalMs, `everything at ${host.address}`);
    } catch (error) {
      return failed({ ...reportOfError(error), output });
    } finally {
      connection?.close();
    }
  };
  const failedAct = (report: HostReport): ActReport => ({ ...report, isDone: false });
  return {
    look: (host) =>
      withHost(
        host,
        (proven) => look(host, proven),
        (report) => report,
      ),
    restart: (host) => withHost(host, (proven) => restart(host, proven, { limits, pause }), failedAct),
    reboot: (host, beforeAct) => withHost(host, (proven) => reboot(host, proven, beforeAct), failedAct),
    scan: (target) => scan(target, privateKey, limits),
  };
}

/** Says who answers instead of the drone; undefined where it is the drone (S14). */
async function impostor(
  { machineId }: DroneHost,
  run: (args: readonly string[]) => Promise<Ran>,
): Promise<string | undefined> {
  const { status, output } = await run(readMachineId);
  const said = output.trim();
  if (status === 0 && said === machineId) return undefined;
  return MACHINE_ID.test(said)
    ? `it has the machine id ${said}, and the host book says ${machineId}`
    : 'it does not say which machine it is';
}

async function look(host: DroneHost, { run, output }: Proven): Promise<HostReport> {
  const boot = await bootNow(run);
  const { status } = await run(serviceCommands[host.init].status);
  const isUp = status === 0;
  return {
    found: isUp ? 'agent-up' : 'agent-down',
    detail: isUp ? 'its service runs' : `its service does not run (status ${status ?? 'unknown'})`,
    output: output(),
    boot: boot ?? null,
  };
}

async function restart(
  host: DroneHost,
  { run, output }: Proven,
  { limits, pause }: { readonly limits: SshLimits; readonly pause: (ms: number) => Promise<void> },
): Promise<ActReport> {
  const commands = serviceCommands[host.init];
  const report = (isDone: boolean, detail: string, isUp = isDone): ActReport => ({
    ...reportOf(isUp ? 'agent-up' : 'agent-down', detail),
    ...{ output: output(), isDone },
  });
  const { status } = await run(commands.restart);
  // A service manager that says OK is not believed: a service may end in its first second (S29).
  let inARow = 0;
  for (let waitedMs = 0; waitedMs <= limits.serviceUpMs; waitedMs += limits.lookEveryMs) {
    const isUp = (await run(commands.status)).status === 0;
    inARow = isUp ? inARow + 1 : 0;
    if (inARow === 2) {
      if (status === 0) return report(true, 'its service was restarted, and runs');
      return report(false, `the service manager failed with status ${status ?? 'unknown'}`, true);
    }
    await pause(limits.lookEveryMs);
  }
  const said = status === 0 ? 'the service manager said OK' : `status ${status ?? 'unknown'}`;
  return report(false, `its service does not run after the restart (${said})`);
}

async function reboot(
  host: DroneHost,
  { run, output }: Proven,
  beforeAct: (boot: string) => Promise<void>,
): Promise<ActReport> {
  const boot = await bootNow(run);
  if (boot === undefined) {
    const detail = 'it does not say which boot it is in, so a reboot could not be seen: nothing was executed';
    return { ...reportOf('agent-down', detail), output: output(), isDone: false };
  }
  await beforeAct(boot);
  // It may go down before it answers.
  const { status } = await run(serviceCommands[host.init].reboot);
  const isDone = status === 0 || status === null;
  const detail = isDone ? 'it was told to reboot' : `its reboot command failed with status ${status}`;
  return { ...reportOf('agent-down', detail), output: output(), boot, isDone };
}

async function bootNow(run: (args: readonly string[]) => Promise<Ran>): Promise<string | undefined> {
  const bootId = await run(readBootId);
  const first = await run(readFirstProcess);
  return bootOf(bootId.output, first.output);
}

function reportOf(found: HostReport['found'], detail: string): HostReport {
  return { found, detail, output: '', boot: null };
}

function reportOfError(error: unknown): HostReport {
  if (error instanceof ConnectionRefused) return reportOf(error.kind, error.message);
  return reportOf('unreachable', error instanceof Error ? error.message : String(error));
}

async function scan(
  target: { readonly address: string; readonly port: number; readonly user: string },
  privateKey: string | undefined,
  limits: SshLimits,
): Promise<HostScan> {
  const keys: HostKey[] = [];
  let note = '';
  for (const type of hostKeyTypes) {
    const shown = await shownKey({ ...target, privateKey: '', hostKeys: [], askFor: [{ type }], limits });
    if (typeof shown !== 'string') keys.push(shown);
    else if (note === '') note = shown;
  }
  const shownKeys = keys.map((key) => ({ key, fingerprint: fingerprintOf(key) }));
  if (keys.length === 0) return { keys: [], machineId: null, note };
  if (privateKey === undefined) return { keys: shownKeys, machineId: null, note: NO_KEY };
  try {
    const connection = await openConnection({ ...target, privateKey, hostKeys: keys, limits });
    const said = (await connection.run(readMachineId)).output.trim();
    connection.close();
    const machineId = MACHINE_ID.test(said) ? said : null;
    return { keys: shownKeys, machineId, note: machineId === null ? 'it has no /etc/machine-id' : '' };
  } catch (error) {
    return { keys: shownKeys, machineId: null, note: reportOfError(error).detail };
  }
}

/** The key that a host shows, without being let in; a text that says why there is none. */
async function shownKey(options: Parameters<typeof openConnection>[0]): Promise<HostKey | string> {
  try {
    (await openConnection(options)).close();
    return 'it shows no host key';
  } catch (error) {
    if (!(error instanceof ConnectionRefused)) throw error;
    return error.shown ?? error.message;
  }
}
