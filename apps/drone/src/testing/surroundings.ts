import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import { silentLogger } from '@swarm/platform';
import { startTestNats, type TempDir, tempDir, type TestNats } from '@swarm/testing';

import { TestBinhost } from './test-binhost.js';
import { TestControl } from './test-control.js';

// Specs see these as variables of their own: what a hook sets here, they read.
export let nats: TestNats;
export let control: TestControl;
export let binhost: TestBinhost;
/** The name of the test's drone, and where it keeps its state. */
export let drone: string;
export let state: TempDir;

/**
 * All that a drone meets: NATS, the services and a binhost, which the tests of this spec share; a name and a state
 * directory of its own for each test. The drones that a test started are stopped before their state goes.
 */
export function useSurroundings(spec: string, stopDrones: () => Promise<void>): void {
  beforeAll(async () => {
    nats = await startTestNats({ syncAlways: false });
    control = new TestControl(await connectBus({ url: nats.url, name: 'control', logger: silentLogger() }));
    await control.start();
    binhost = new TestBinhost();
    await binhost.start();
  });
  afterAll(async () => {
    await control.bus.close();
    await binhost.stop();
    await nats[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    drone = `drone-${randomUUID().slice(0, 8)}`;
    state = await tempDir(spec);
    binhost.script = () => ({ status: 201 });
  });
  afterEach(async () => {
    await stopDrones();
    await state[Symbol.asyncDispose]();
  });
}
