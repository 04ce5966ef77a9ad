import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import { api, type ApiName, type Endpoint, type EndpointResponse, type MessageBus } from '@swarm/contracts';
import { silentLogger } from '@swarm/platform';
import { ManualClock, repositoryRoot, startTestNats, type TestNats } from '@swarm/testing';

import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.fixture.js';
import type { TestLedger } from './ledger.fixture.js';

// Specs see these as variables of their own: what a hook sets here, they read.
export let bus: MessageBus;
export let clock: ManualClock;
export let gateway: TestGateway;
export let ledger: TestLedger;

/** Each test of this spec gets a gateway, a ledger and a clock of its own; all share one NATS. */
export function useGateway(): void {
  let nats: TestNats;
  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connectBus({ url: nats.url, name: 'gateway-test', logger: silentLogger() });
  });
  afterAll(async () => {
    await bus.close();
    await nats[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    clock = new ManualClock();
    gateway = await startAnotherGateway();
    ({ ledger } = gateway);
  });
  afterEach(() => gateway.stop());
}

/** One beside the test's own, over the same NATS; the test stops it. */
export function startAnotherGateway(
  options: Pick<TestGatewayOptions, 'token' | 'ledger' | 'port'> = {},
): Promise<TestGateway> {
  return startTestGateway({
    bus,
    clock,
    dashboardDir: join(repositoryRoot(), 'apps/dashboard/assets'),
    ...options,
  });
}

/** The test's own again, after it was stopped: over the same ledger, at the same address. */
export async function startGatewayAgain(): Promise<void> {
  gateway = await startAnotherGateway({ ledger, port: Number(new URL(gateway.url).port) });
}

/** A GET through the API's own schema. */
export async function get<N extends ApiName>(
  name: N,
  path: string,
): Promise<EndpointResponse<(typeof api)[N]>> {
  const response = await fetch(`${gateway.url}/api/v1${path}`);
  expect([path, response.status]).toEqual([path, 200]);
  const endpoint: Endpoint = api[name];
  return endpoint.response.parse(await response.json()) as EndpointResponse<(typeof api)[N]>;
}
