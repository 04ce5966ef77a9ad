import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import type { MessageBus } from '@swarm/contracts';
import type { Finding } from '@swarm/domain-plan';
import type { Clock } from '@swarm/kernel';
import { silentLogger } from '@swarm/platform';
import { ManualClock, repositoryRoot, startTestNats, type TestNats } from '@swarm/testing';

/** What the specs use of the gateway's own fixture. Applications never import each other, so it is loaded by path. */
interface GatewayFixture {
  startTestGateway(options: GatewayOptions & Shared): Promise<Gateway>;
}
interface Shared {
  bus: MessageBus;
  clock: Clock;
  dashboardDir: string;
}
interface GatewayOptions {
  token?: string;
  ledger?: Ledger;
  port?: number;
}
interface Gateway {
  readonly url: string;
  readonly ledger: Ledger;
  stop(): Promise<void>;
}
interface Ledger {
  profile(name: string, kind?: 'portage' | 'synthetic'): Promise<void>;
  plan(profile: string, cpvs: readonly string[], found?: readonly string[]): Promise<string>;
  find(id: string, findings: readonly Finding[]): Promise<void>;
  idOf(cpv: string): string;
  delegate(cpv: string, drone: string): Promise<{ readonly jobId: string }>;
  publish(cpv: string): Promise<void>;
  quarantine(cpv: string, summary: string): Promise<void>;
  block(cpv: string, by: string): Promise<void>;
  endPlan(id: string, state: string, detail: string): Promise<void>;
  release(profile: string, planId: string, packages: number): Promise<void>;
  drone(name: string, profile: string): Promise<void>;
}

export const clock = new ManualClock();
// Specs see these as variables of their own: what a hook sets here, they read.
export let bus: MessageBus;
export let gateway: Gateway;
export let ledger: Ledger;
let fixture: GatewayFixture;

/** Each test of this spec gets a gateway and a ledger of its own; all share one NATS. */
export function useGateway(): void {
  let nats: TestNats;
  beforeAll(async () => {
    const file = join(repositoryRoot(), 'apps/gateway/src/gateway.fixture.ts');
    fixture = (await import(pathToFileURL(file).href)) as GatewayFixture;
    nats = await startTestNats();
    bus = await connectBus({ url: nats.url, name: 'cli-test', logger: silentLogger() });
  });
  afterAll(async () => {
    await bus.close();
    await nats[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    gateway = await startAnotherGateway();
    ({ ledger } = gateway);
  });
  afterEach(() => gateway.stop());
}

/** One beside the test's own, over the same NATS; the test stops it. */
export function startAnotherGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const dashboardDir = join(repositoryRoot(), 'apps/dashboard/assets');
  return fixture.startTestGateway({ bus, clock, dashboardDir, ...options });
}

/** The test's own again, after it was stopped: over the same ledger, at the same address. */
export async function startGatewayAgain(): Promise<void> {
  gateway = await startAnotherGateway({ ledger, port: Number(new URL(gateway.url).port) });
}
