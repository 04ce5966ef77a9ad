import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseHostKeys, type DroneHost, type HostAccess } from '@swarm/domain-healing';
import { freePort } from '@swarm/platform';
import { ensureOpensshServer, repositoryRoot, startTestHost, waitFor, type TestHost } from '@swarm/testing';

import { defaultSshLimits, type SshLimits } from './limits.js';
import { sshHosts } from './ssh-hosts.js';

const server = await ensureOpensshServer(join(repositoryRoot(), '.cache'));
const whenSshdIsThere = server.kind === 'ready' ? describe : describe.skip;

/** Short where a test waits for them. */
const quick: SshLimits = { ...defaultSshLimits, lookEveryMs: 20, serviceUpMs: 400 };
const OTHER_MACHINE = 'f'.repeat(32);

let host: TestHost;
let access: HostAccess;
beforeEach(async () => {
  if (server.kind !== 'ready') return;
  host = await startTestHost(server);
  access = over(host);
  await host.does('start_agent');
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
});

function over({ privateKey }: Pick<TestHost, 'privateKey'>, limits: Partial<SshLimits> = {}): HostAccess {
  return sshHosts({
    privateKey,
    limits: { ...quick, ...limits },
    pause: async (ms) => {
      await delay(ms);
    },
  });
}

function page(of: TestHost, changes: Partial<DroneHost> = {}): DroneHost {
  const keys = parseHostKeys(of.hostKeys, of.address, of.port);
  if (!keys.ok) throw new Error(keys.error);
  return {
    drone: 'drone-1',
    kind: 'lxc',
    address: of.address,
    port: of.port,
    user: of.user,
    init: 'openrc',
    hostKeys: keys.value,
    machineId: of.machineId,
    isProtected: false,
    mayReboot: false,
    since: new Date(0),
    by: 'anna',
    ...changes,
  };
}

whenSshdIsThere('the right host', () => {
  it.each(['openrc', 'systemd'] as const)(
    'has its agent restarted by its own service manager (%s), and is looked at afterwards (S29)',
    async (init) => {
      const before = await host.agentPid();
      const report = await access.restart(page(host, { init }));
      expect(report).toMatchObject({ found: 'agent-up', isDone: true });
      const after = await host.agentPid();
      expect(after).toBeDefined();
      expect(after).not.toBe(before);
      const [restart, status] =
        init === 'openrc'
          ? ['rc-service build-drone restart', 'rc-service build-drone status']
          : ['systemctl restart build-drone', 'systemctl is-active build-drone'];
      expect(await host.calls()).toEqual([restart, status, status]);
      expect(report.output).toContain(init === 'openrc' ? '* status: started' : 'active');
    },
  );

  it('says whether the agent runs, and in which boot it is', async () => {
    const up = await access.look(page(host));
    expect(up).toMatchObject({ found: 'agent-up', detail: 'its service runs' });
    await host.does('stop_agent');
    const down = await access.look(page(host));
    expect(down.found).toBe('agent-down');
    expect(down.boot).toBe(up.boot);
    await host.does('new_boot');
    expect((await access.look(page(host))).boot).not.toBe(up.boot);
  });

  it('whose service manager says OK and whose service does not run is not believed (S29)', async () => {
    await host.behave({ 'on-restart': 'stop_agent; echo OK; exit 0' });
    expect(await access.restart(page(host))).toMatchObject({
      ...{ found: 'agent-down', isDone: false },
      detail: 'its service does not run after the restart (the service manager said OK)',
    });
  });

  it('whose service starts and ends at once is not believed (S29)', async () => {
    await host.behave({ 'on-restart': 'stop_agent; start_agent', agent: 'exit 1' });
    const slow = over(host, { lookEveryMs: 700, serviceUpMs: 1_400 });
    expect(await slow.restart(page(host))).toMatchObject({ found: 'agent-down', isDone: false });
  });

  it('whose service manager fails is reported, with what it said', async () => {
    await host.behave({ 'on-restart': 'echo "cannot stop build-drone" >&2; exit 1' });
    const report = await access.restart(page(host));
    expect(report).toMatchObject({ isDone: false, detail: 'the service manager failed with status 1' });
    expect(report.output).toContain('cannot stop build-drone');
  });

  it('is told to reboot after its boot was noted, and is seen in another boot afterwards (S29)', async () => {
    const noted: string[] = [];
    const before = await access.look(page(host));
    const report = await access.reboot(page(host), async (boot) => {
      expect(await host.calls()).not.toContain('reboot');
      noted.push(boot);
    });
    expect(report).toMatchObject({ isDone: true, detail: 'it was told to reboot' });
    expect(noted).toEqual([before.boot]);
    expect(await host.calls()).toContain('reboot');
    expect((await access.look(page(host))).boot).not.toBe(before.boot);
  });

  it('is not rebooted where its boot cannot be noted first', async () => {
    const report = await access.reboot(page(host), () => Promise.reject(new Error('the ledger is away')));
    expect(report).toMatchObject({ isDone: false, detail: 'the ledger is away' });
    expect(await host.calls()).toEqual([]);
  });

  it('keeps the end of what its programs say, and no more', async () => {
    await host.behave({ 'on-restart': 'head -c 100000 /dev/zero | tr "\\0" x; echo; echo the end; exit 1' });
    const report = await access.restart(page(host));
    expect(report.output.length).toBe(quick.outputChars);
    expect(report.output).toContain('the end');
  });
});

whenSshdIsThere('the gateway trap', () => {
  it('an address that shows another host key: nothing is executed, and the key is named (S14)', async () => {
    if (server.kind !== 'ready') return;
    await using other = await startTestHost(server);
    const trapped = page(host, { hostKeys: page(other).hostKeys });
    for (const act of [
      () => access.restart(trapped),
      () => access.reboot(trapped, () => Promise.reject(new Error('never'))),
      () => access.look(trapped),
    ]) {
      expect(await act()).toMatchObject({
        found: 'wrong-key',
        detail: expect.stringMatching(/^it shows the host key ssh-ed25519 SHA256:/),
      });
    }
    expect(await host.calls()).toEqual([]);
  });

  it('a host without a key of the pinned type is another host as well (S14)', async () => {
    const [key] = page(host).hostKeys;
    const trapped = page(host, { hostKeys: [{ type: 'ssh-rsa', base64: key?.base64 ?? '' }] });
    expect(await access.restart(trapped)).toMatchObject({ found: 'wrong-key', isDone: false });
    expect(await host.calls()).toEqual([]);
  });

  it('the right key and another machine id: nothing is executed (S14)', async () => {
    await host.pretend(OTHER_MACHINE);
    const noted: string[] = [];
    expect(await access.restart(page(host))).toMatchObject({
      ...{ found: 'wrong-machine', isDone: false },
      detail: `it has the machine id ${OTHER_MACHINE}, and the host book says ${host.machineId}`,
    });
    await access.reboot(page(host), (boot) => Promise.resolve(void noted.push(boot)));
    expect([await host.calls(), noted]).toEqual([[], []]);
  });

  it('a host that says nothing of its machine id is not believed (S14)', async () => {
    await host.pretend('');
    expect(await access.restart(page(host))).toMatchObject({ found: 'wrong-machine' });
    expect(await host.calls()).toEqual([]);
  });
});

whenSshdIsThere('a host that cannot be had', () => {
  it('is unreachable when nothing listens (S30)', async () => {
    await host.powerOff();
    expect(await access.restart(page(host))).toMatchObject({
      ...{ found: 'unreachable', isDone: false },
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is unreachable when it says nothing, after the time limit (S30)', async () => {
    const port = await freePort();
    const mute = createServer().listen(port, '127.0.0.1');
    try {
      const report = await over(host, { connectMs: 100 }).look(page(host, { port }));
      expect(report).toMatchObject({
        found: 'unreachable',
        detail: expect.stringMatching(/timed out|handshake/i),
      });
    } finally {
      mute.close();
    }
  });

  it('whose command hangs is given up after the time limit', async () => {
    await host.behave({ 'on-restart': 'sleep 30' });
    const report = await over(host, { execMs: 300 }).restart(page(host));
    expect(report).toMatchObject({
      isDone: false,
      detail: '"rc-service build-drone restart" took longer than 300 ms',
    });
    await host.behave({ before: 'sleep 30' });
    const whole = await over(host, { totalMs: 300 }).look(page(host));
    expect(whole).toMatchObject({
      found: 'unreachable',
      detail: expect.stringContaining('longer than 300 ms'),
    });
  });

  it('that does not know our key gives no access, and passwords are never tried', async () => {
    if (server.kind !== 'ready') return;
    await using other = await startTestHost(server);
    expect(await over(other).look(page(host))).toMatchObject({
      ...{ found: 'no-access', detail: 'it does not accept our key' },
    });
    expect(await sshHosts({ privateKey: undefined, pause: delay }).look(page(host))).toMatchObject({
      ...{ found: 'no-access', detail: 'no private key is configured (SWARM_SSH_KEY_FILE)' },
    });
  });
});

whenSshdIsThere('a scan', () => {
  it('tells keys, fingerprints and machine id of an address, and pins nothing', async () => {
    const { address, port, user, machineId } = host;
    const scan = await access.scan({ address, port, user });
    expect(scan).toMatchObject({ machineId, note: '' });
    expect(scan.keys.map(({ key }) => key)).toEqual(page(host).hostKeys);
    expect(scan.keys[0]?.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    await host.powerOff();
    expect(await access.scan({ address, port, user })).toMatchObject({
      ...{ keys: [], machineId: null, note: expect.stringContaining('ECONNREFUSED') },
    });
  });
});

whenSshdIsThere('the agent of a test host', () => {
  it('outlives the connection that restarted it', async () => {
    await access.restart(page(host));
    const pid = await host.agentPid();
    await waitFor(async () => (await host.agentPid()) === pid);
  });
});
