import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { freePort, runCommand, startProcess, type ManagedProcess } from '@swarm/platform';

import type { OpensshServer } from './openssh-server.js';
import { tempDir } from './temp-dir.js';
import { waitFor } from './wait-for.js';

const STOP_GRACE_MS = 5_000;
const NOBODY = 65_534;

/** What the machine's programs do; each is a script of `sh` in the host's directory. */
const defaultBehaviour = {
  /** Ends the agent and starts it again. */
  'on-restart': 'stop_agent; start_agent',
  /** Another boot, with the agent running. */
  'on-reboot': 'stop_agent; new_boot; start_agent',
  /** The agent: any process that stays. */
  agent: 'exec sleep 3600',
  /** A delay or a fault before anything else. */
  before: ':',
} as const;
export type HostBehaviour = Partial<Record<keyof typeof defaultBehaviour, string>>;

/** A machine with a real sshd on loopback, whose service manager and reboot are scripts that say what they were told. */
export interface TestHost extends AsyncDisposable {
  readonly directory: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly machineId: string;
  /** Lines `type base64`, as in a `.pub` file. */
  readonly hostKeys: string;
  /** What lets a client in. */
  readonly privateKey: string;
  readonly privateKeyFile: string;
  /** What its service manager and `reboot` were told, oldest first. */
  calls(): Promise<readonly string[]>;
  behave(behaviour: HostBehaviour): Promise<void>;
  /** Says that it is another machine. */
  pretend(machineId: string): Promise<void>;
  /** Process id of the agent; undefined where it does not run. */
  agentPid(): Promise<number | undefined>;
  /** Runs one of the scripts' own functions: `start_agent`, `stop_agent`, `new_boot`. */
  does(words: string): Promise<void>;
  /** The sshd is gone, as is a machine without power; `start` brings it back. */
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
}

/**
 * Functions of the scripts. The agent is started in a session of its own, so that it outlives the connection. One that
 * ended and that nobody waited for (process 1 of a container may not) does not run.
 */
const FUNCTIONS = `
agent_runs() { [ -s "$HOST_DIR/agent.pid" ] && grep -q '^State:[^Z]*$' "/proc/$(cat "$HOST_DIR/agent.pid")/status" 2>/dev/null; }
start_agent() { setsid sh "$HOST_DIR/agent" >>"$HOST_DIR/agent.log" 2>&1 </dev/null & echo $! >"$HOST_DIR/agent.pid"; }
stop_agent() { if agent_runs; then kill -9 "$(cat "$HOST_DIR/agent.pid")"; fi; rm -f "$HOST_DIR/agent.pid"; }
new_boot() { /bin/cat /proc/sys/kernel/random/uuid >"$HOST_DIR/boot_id"; }
`;

/** The programs that come first on the PATH of whoever logs in. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'rc-service': `
echo "rc-service $*" >>"$HOST_DIR/calls"
case "$2" in
  restart) . "$HOST_DIR/on-restart" ;;
  status) agent_runs || { echo ' * status: stopped'; exit 3; }; echo ' * status: started' ;;
esac`,
  systemctl: `
echo "systemctl $*" >>"$HOST_DIR/calls"
case "$1" in
  restart) . "$HOST_DIR/on-restart" ;;
  is-active) agent_runs || { echo inactive; exit 3; }; echo active ;;
  reboot) . "$HOST_DIR/on-reboot" ;;
esac`,
  reboot: `
echo reboot >>"$HOST_DIR/calls"
. "$HOST_DIR/on-reboot"`,
  cat: `
case "$1" in
  /etc/machine-id | /proc/sys/kernel/random/boot_id) exec /bin/cat "$HOST_DIR/\${1##*/}" ;;
  *) exec /bin/cat "$@" ;;
esac`,
};

/** Starts such a machine; it is one more each time it is called. */
export async function startTestHost(
  server: Extract<OpensshServer, { kind: 'ready' }>,
  behaviour: HostBehaviour = {},
): Promise<TestHost> {
  const temp = await tempDir('host');
  const directory = temp.path;
  const { username, uid, gid, homedir } = userInfo();
  const machineId = randomUUID().replaceAll('-', '');
  const file = (name: string): string => join(directory, name);
  await makeKeys(directory);
  await makePrograms(directory);
  const behave = async (given: HostBehaviour): Promise<void> => {
    for (const [name, script] of Object.entries(given)) await writeFile(file(name), `${script}\n`);
  };
  await behave({ ...defaultBehaviour, ...behaviour });
  await writeFile(file('machine-id'), `${machineId}\n`);
  await writeFile(file('boot_id'), `${randomUUID()}\n`);
  await writeFile(
    file('passwd'),
    [
      `${username}:x:${uid}:${gid}:user:${homedir}:/bin/sh`,
      `sshd:x:${NOBODY}:${NOBODY}:sshd:/nonexistent:/usr/sbin/nologin`,
      '',
    ].join('\n'),
  );
  await writeFile(file('group'), `${username}:x:${gid}:\nnogroup:x:${NOBODY}:\n`);
  const port = await freePort();
  await writeFile(file('sshd_config'), configuration(directory, port, server.helpers));
  let sshd = await startSshd(server, directory, port);
  const does = async (words: string): Promise<void> => {
    const { status, stderr } = await runCommand('sh', ['-c', `. "$HOST_DIR/functions"; ${words}`], {
      env: { ...process.env, HOST_DIR: directory },
    });
    if (status !== 0) throw new Error(`${words}: ${stderr}`);
  };
  return {
    directory,
    address: '127.0.0.1',
    port,
    user: username,
    machineId,
    hostKeys: await readFile(file('host_key.pub'), 'utf8'),
    privateKey: await readFile(file('user_key'), 'utf8'),
    privateKeyFile: file('user_key'),
    calls: async () => (await readFile(file('calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    behave,
    pretend: (other) => writeFile(file('machine-id'), `${other}\n`),
    agentPid: async () => {
      const pid = Number(await readFile(file('agent.pid'), 'utf8').catch(() => ''));
      return pid > 0 && (await isAlive(pid)) ? pid : undefined;
    },
    does,
    powerOff: () => sshd.stop(STOP_GRACE_MS),
    powerOn: async () => {
      sshd = await startSshd(server, directory, port);
    },
    async [Symbol.asyncDispose]() {
      await sshd.stop(STOP_GRACE_MS);
      await does('stop_agent');
      await temp[Symbol.asyncDispose]();
    },
  };
}

async function makeKeys(directory: string): Promise<void> {
  for (const name of ['host_key', 'user_key']) {
    const made = await runCommand('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-f',
      join(directory, name),
    ]);
    if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  }
}

async function makePrograms(directory: string): Promise<void> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(directory, 'functions'), FUNCTIONS);
  for (const [name, script] of Object.entries(PROGRAMS)) {
    const head = '#!/bin/sh\n. "$HOST_DIR/functions"\n. "$HOST_DIR/before"\n';
    await writeFile(join(bin, name), `${head}${script.trim()}\n`);
    await chmod(join(bin, name), 0o755);
  }
}

function configuration(directory: string, port: number, helpers: Readonly<Record<string, string>>): string {
  return [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${directory}/host_key`,
    `AuthorizedKeysFile ${directory}/user_key.pub`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // What a test does in a second must not look like an attack.
    'MaxStartups 100',
    `SetEnv PATH=${directory}/bin:/usr/bin:/bin HOST_DIR=${directory}`,
    ...Object.entries(helpers).map(([option, path]) => `${option} ${path}`),
    '',
  ].join('\n');
}

async function startSshd(
  { binary, libraryDirs, usersLibrary }: Extract<OpensshServer, { kind: 'ready' }>,
  directory: string,
  port: number,
): Promise<ManagedProcess> {
  await rm(join(directory, 'sshd.log'), { force: true });
  const output = openSync(join(directory, 'sshd.log'), 'a');
  const sshd = await startProcess({
    command: binary,
    args: ['-D', '-e', '-f', join(directory, 'sshd_config')],
    cwd: directory,
    env: {
      PATH: '/usr/bin:/bin',
      ...(libraryDirs.length > 0 && { LD_LIBRARY_PATH: libraryDirs.join(':') }),
      ...(usersLibrary !== undefined && {
        LD_PRELOAD: usersLibrary,
        NSS_WRAPPER_PASSWD: join(directory, 'passwd'),
        NSS_WRAPPER_GROUP: join(directory, 'group'),
      }),
    },
    output,
    stopSignal: 'SIGTERM',
  });
  closeSync(output);
  await waitFor(
    async () => {
      const log = await readFile(join(directory, 'sshd.log'), 'utf8');
      if (sshd.hasExited()) return { failed: log };
      return log.includes(`listening on 127.0.0.1 port ${port}`) && { failed: undefined };
    },
    { what: 'sshd to listen' },
  ).then(({ failed }) => {
    if (failed !== undefined) throw new Error(`sshd ended: ${failed}`);
  });
  return sshd;
}

async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return /^State:\s+[^Z\s]/m.test(status);
}
