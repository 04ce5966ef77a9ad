import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { API_BASE, PlanDetail, type JobDetail, type PlanDocument } from '@swarm/contracts';
import { runCommand, startProcess } from '@swarm/platform';
import { repositoryRoot, tempDir, waitFor } from '@swarm/testing';

import { documentOf, smallWorld } from './synthetic-world.js';

const START_LIMIT_MS = 90_000;
const PLAN_LIMIT_MS = 120_000;
const STOP_GRACE_MS = 30_000;
const LOOK_EVERY_MS = 100;

/** Times that let a test see in seconds what a fleet sees in minutes. */
const quickTimes = {
  SWARM_HEARTBEAT_MS: '300',
  SWARM_SUSPECT_AFTER_MS: '1500',
  SWARM_OFFLINE_AFTER_MS: '3000',
  SWARM_RECLAIM_AFTER_MS: '4000',
  SWARM_HEALER_SWEEP_MS: '500',
  SWARM_UNCLAIMED_AFTER_MS: '6000',
  SWARM_SCAN_MS: '500',
  SWARM_BINHOST_SCAN_MS: '1000',
  SWARM_ACK_WAIT_MS: '3000',
};

/** A whole swarm of processes, as `swarm up` runs it; with synthetic builds unless said otherwise. */
export interface TestSwarm extends AsyncDisposable {
  readonly stateDir: string;
  /** Runs a `swarm` command against it; resolves to what it printed. Rejects when it fails. */
  command(...args: readonly string[]): Promise<string>;
  /** Gives every package of the small world this version: the next plan has everything to build. */
  bumpTo(version: string): Promise<void>;
  /** The next plan is resolved to this document. */
  useDocument(document: PlanDocument): Promise<void>;
  /** Makes a plan and resolves to its id. */
  plan(): Promise<string>;
  planDetail(id: string): Promise<PlanDetail>;
  job(id: string): Promise<JobDetail>;
  /** Resolves when the plan is over. */
  over(id: string): Promise<PlanDetail>;
  /** kill -9 of one process; resolves to its id. */
  kill(name: string): Promise<number>;
  /** Resolves when a process of that name runs again under another id. */
  restarted(name: string, oldPid: number): Promise<void>;
  pids(): Promise<Readonly<Record<string, number>>>;
  get(path: string): Promise<unknown>;
  /** CPVs in the staging index, as an HTTP client sees it. */
  indexed(): Promise<readonly string[]>;
}

export interface TestSwarmOptions {
  readonly drones?: number;
  readonly document?: PlanDocument;
  readonly executor?: 'synthetic' | 'portage';
  readonly env?: Readonly<Record<string, string>>;
  /** `default`: the configuration as it is shipped, with all its minutes. */
  readonly times?: 'quick' | 'default';
}

/** What `swarm up` says of where it listens. */
interface Addresses {
  readonly gateway: string;
  readonly binhost: string;
}

/** Starts a swarm in a directory of its own and waits until its drones are there. */
export async function startTestSwarm({
  drones = 2,
  document,
  executor = 'synthetic',
  env = {},
  times = 'quick',
}: TestSwarmOptions = {}): Promise<TestSwarm> {
  const home = repositoryRoot();
  const directory = await tempDir('e2e');
  const stateDir = join(directory.path, 'state');
  const graph = join(directory.path, 'graph.json');
  await mkdir(stateDir);
  await writeFile(graph, JSON.stringify(document ?? documentOf(smallWorld)));
  const output = openSync(join(directory.path, 'up.log'), 'a');
  const up = await startProcess({
    command: process.execPath,
    args: [
      join(home, 'dist/apps/swarm/main.js'),
      'up',
      `--state=${stateDir}`,
      `--drones=${drones}`,
      `--executor=${executor}`,
      `--graph=${graph}`,
      '--drain=0',
    ],
    cwd: home,
    env: { ...process.env, ...(times === 'quick' && quickTimes), ...env },
    output,
    stopSignal: 'SIGTERM',
  });
  closeSync(output);
  const runtime = await waitFor(
    async () =>
      up.hasExited()
        ? { failed: await readFile(join(directory.path, 'up.log'), 'utf8') }
        : (JSON.parse(await readFile(join(stateDir, 'runtime.json'), 'utf8')) as Addresses),
    { timeoutMs: START_LIMIT_MS, what: 'swarm up', everyMs: LOOK_EVERY_MS },
  );
  if ('failed' in runtime) throw new Error(`swarm up ended: ${runtime.failed}`);
  const { gateway, binhost } = runtime;
  const urls = { gateway, api: `${gateway}${API_BASE}`, staging: `${binhost}/staging/synthetic` };
  const swarm = new Client(stateDir, graph, urls, async () => {
    await up.stop(STOP_GRACE_MS);
    await directory[Symbol.asyncDispose]();
  });
  await waitFor(
    async () => ((await swarm.get('/status')) as { drones: { online: number } }).drones.online >= drones,
    { timeoutMs: START_LIMIT_MS, what: 'the drones', everyMs: LOOK_EVERY_MS },
  );
  return swarm;
}

class Client implements TestSwarm {
  constructor(
    readonly stateDir: string,
    private readonly graph: string,
    private readonly urls: { readonly gateway: string; readonly api: string; readonly staging: string },
    private readonly dispose: () => Promise<void>,
  ) {}

  async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.urls.api}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async command(...args: readonly string[]): Promise<string> {
    const main = join(repositoryRoot(), 'dist/apps/swarm/main.js');
    const { status, stdout, stderr } = await runCommand(
      process.execPath,
      [main, ...args, `--url=${this.urls.gateway}`],
      { cwd: this.stateDir, env: process.env, limitMs: PLAN_LIMIT_MS },
    );
    if (status !== 0) throw new Error(`swarm ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  async bumpTo(version: string): Promise<void> {
    await this.useDocument(documentOf(smallWorld, version));
  }

  async useDocument(document: PlanDocument): Promise<void> {
    await writeFile(this.graph, JSON.stringify(document));
  }

  async plan(): Promise<string> {
    const response = await fetch(`${this.urls.api}/plans`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ profile: 'synthetic' }),
    });
    if (!response.ok) throw new Error(`no plan: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { planId: string }).planId;
  }

  async planDetail(id: string): Promise<PlanDetail> {
    return PlanDetail.parse(await this.get(`/plans/${id}`));
  }

  async job(id: string): Promise<JobDetail> {
    return (await this.get(`/jobs/${id}`)) as JobDetail;
  }

  over(id: string): Promise<PlanDetail> {
    return waitFor(
      async () => {
        const detail = await this.planDetail(id);
        return ['complete', 'failed'].includes(detail.plan.state) && detail;
      },
      { timeoutMs: PLAN_LIMIT_MS, what: 'the end of the plan', everyMs: LOOK_EVERY_MS },
    );
  }

  async pids(): Promise<Readonly<Record<string, number>>> {
    return JSON.parse(await readFile(join(this.stateDir, 'processes.json'), 'utf8')) as Record<
      string,
      number
    >;
  }

  async kill(name: string): Promise<number> {
    // One that was killed a moment ago is on its way.
    const pid = await waitFor(async () => (await this.pids())[name], {
      ...{ timeoutMs: START_LIMIT_MS, what: `${name} to run`, everyMs: LOOK_EVERY_MS },
    });
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  async restarted(name: string, oldPid: number): Promise<void> {
    await waitFor(
      async () => {
        const pid = (await this.pids())[name];
        return pid !== undefined && pid !== oldPid;
      },
      { timeoutMs: START_LIMIT_MS, what: `${name} to be back`, everyMs: LOOK_EVERY_MS },
    );
  }

  async indexed(): Promise<readonly string[]> {
    const response = await fetch(`${this.urls.staging}/Packages`);
    const text = response.ok ? await response.text() : '';
    return [...text.matchAll(/^CPV: (.*)$/gm)].map(([, cpv]) => cpv ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
