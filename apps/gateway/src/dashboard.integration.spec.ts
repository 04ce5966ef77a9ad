import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import { JobMoved, type MessageBus } from '@swarm/contracts';
import type { Pause } from '@swarm/domain-scheduling';
import { silentLogger } from '@swarm/platform';
import { ManualClock, repositoryRoot, startTestNats, waitFor, type TestNats } from '@swarm/testing';
import { chromium, type Browser, type Page } from 'playwright-core';

import { startTestGateway, type TestGateway } from './gateway.fixture.js';
import type { TestLedger } from './ledger.fixture.js';

/** The system's browser; Debian's package is called chromium. */
const BROWSER = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
/** Set to a directory to look at the page with your own eyes. */
const SCREENSHOTS = process.env['SWARM_SCREENSHOTS'];

const CPVS = ['lab-libs/rawpng-1.6', 'lab-libs/glyphs-2.13', 'lab-libs/shaper-8.3', 'lab-libs/canvas-4.2'];

/** Skipped by name where there is no browser. */
const describeWithBrowser = BROWSER === undefined ? describe.skip : describe;

describeWithBrowser('the dashboard in a browser (needs chromium)', () => {
  const clock = new ManualClock(new Date());
  let nats: TestNats;
  let bus: MessageBus;
  let gateway: TestGateway;
  let ledger: TestLedger;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    nats = await startTestNats();
    bus = await connectBus({ url: nats.url, name: 'dashboard-test', logger: silentLogger() });
    gateway = await startTestGateway({
      bus,
      clock,
      dashboardDir: join(repositoryRoot(), 'apps/dashboard/assets'),
    });
    ({ ledger } = gateway);
    await scenario();
    browser = await chromium.launch({
      ...(BROWSER !== undefined && { executablePath: BROWSER }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    page = await browser.newPage({ viewport: { width: 1180, height: 900 } });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(gateway.url)) faults.push(`foreign host: ${request.url()}`);
    });
    await page.goto(gateway.url);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.stop();
    await bus.close();
    await nats[Symbol.asyncDispose]();
  });

  /** Two profiles, one of them synthetic; something published, building, quarantined and blocked. */
  async function scenario(): Promise<void> {
    await ledger.profile('lab');
    const world = ['lab-apps/greeter-1.0', 'lab-apps/never-1.0', 'lab-apps/needs-never-1.0', ...CPVS];
    const plan = await ledger.plan('lab', world, ['lab-build/tablegen-0.9', 'virtual/squash-1']);
    await ledger.publish('lab-apps/greeter-1.0');
    await ledger.quarantine('lab-apps/never-1.0', "compile: error: <b>unknown</b> type name 'never'");
    await ledger.block('lab-apps/needs-never-1.0', 'lab-apps/never-1.0');
    await ledger.publish(CPVS[0] ?? '');
    const building = await ledger.delegate(CPVS[1] ?? '', 'drone-1');
    await ledger.drone('drone-1', 'lab', [building]);
    await ledger.drone('drone-2', 'lab');
    await ledger.release('lab', plan, 2);
    await ledger.profile('load', 'synthetic');
    await ledger.plan('load', ['load/one-1', 'load/two-1']);
    await ledger.publish('load/one-1');
    await ledger.drone('load-drone', 'load');
  }

  function numberOf(profile: string, name: string): Promise<string> {
    return page.locator(`[data-profile="${profile}"] [data-number="${name}"] dd`).innerText();
  }

  async function picture(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    await mkdir(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  it('shows the honest numbers, the drones, what is built and what cannot be', async () => {
    await page.locator('[data-profile="lab"]').waitFor();
    expect(await numberOf('lab', 'published')).toBe('2');
    expect(await numberOf('lab', 'already built')).toBe('2');
    expect(await numberOf('lab', 'success rate')).toBe('50 %');
    expect(await page.locator('#running').innerText()).toContain('lab-libs/glyphs-2.13');
    expect(await page.locator('#stuck').innerText()).toContain('needs lab-apps/never-1.0');
    expect(await page.locator('#drones').innerText()).toContain('drone-2');
    expect(await page.locator('[data-profile="lab"] .release').innerText()).toContain(
      'http://binhost.test/lab',
    );
    await picture('wide-light');
  });

  it('shows a pause before everything else, as text and not as markup (S19)', async () => {
    const [since, until] = [clock.now(), new Date(clock.now().getTime() + 3_600_000)];
    const said = { author: 'anna', reason: 'the <b>mirror</b> moves', since, until };
    const pause: Pause = { id: randomUUID(), scope: { kind: 'swarm' }, ...said };
    await ledger.database.pauses.store({ begun: pause, ended: [], outgoing: [] });
    await page.reload();
    await page.locator('#pauses p').waitFor();
    expect(await page.locator('#pauses').innerText()).toBe(
      `the swarm is paused by anna until ${until.toISOString()}: the <b>mirror</b> moves`,
    );
    const top = async (id: string): Promise<number> => (await page.locator(id).boundingBox())?.y ?? 0;
    expect(await top('#pauses')).toBeLessThan(await top('#next'));
    const end = { how: 'resumed', at: clock.now(), by: 'bert' } as const;
    await ledger.database.pauses.store({ begun: null, ended: [{ pause, end }], outgoing: [] });
    await page.reload();
    await page.locator('[data-profile="lab"]').waitFor();
    expect(await page.locator('#pauses p').count()).toBe(0);
  });

  it('says aloud which profile is synthetic', async () => {
    expect(await page.locator('#synthetic').isVisible()).toBe(true);
    expect(await page.locator('[data-profile="load"] .tag.synthetic').count()).toBe(1);
    expect(await page.locator('[data-profile="lab"] .tag.synthetic').count()).toBe(0);
  });

  it('shows what comes from a build as text, never as markup', async () => {
    expect(await page.locator('#stuck').innerText()).toContain('<b>unknown</b>');
    expect(await page.locator('#stuck b').count()).toBe(0);
  });

  it('follows the swarm without being reloaded', async () => {
    await waitFor(async () => (await page.locator('#connection').innerText()) === 'live');
    await ledger.publish('lab-libs/glyphs-2.13');
    const [stored] = await ledger.database.events.latest(1);
    await bus.publish(JobMoved, stored?.payload as JobMoved);
    await waitFor(async () => (await numberOf('lab', 'published')) === '3');
    expect(await page.locator('#events li').first().innerText()).toContain(
      'lab-libs/glyphs-2.13 is published',
    );
  });

  it('needs no sideways scrolling on a phone, in the dark as well', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(390);
    await picture('phone-dark');
    await page.setViewportSize({ width: 1180, height: 900 });
    await picture('wide-dark');
  });

  it('comes back by itself when the gateway was away', async () => {
    const port = Number(new URL(gateway.url).port);
    await gateway.stop();
    await waitFor(async () => (await page.locator('#connection').getAttribute('data-state')) === 'lost');
    await ledger.publish('lab-libs/shaper-8.3');
    faults.length = 0;
    const dashboardDir = join(repositoryRoot(), 'apps/dashboard/assets');
    gateway = await startTestGateway({ bus, clock, dashboardDir, ledger, port });
    await waitFor(async () => (await numberOf('lab', 'published')) === '4', { timeoutMs: 20_000 });
    expect(await page.locator('#events li').first().innerText()).toContain(
      'lab-libs/shaper-8.3 is published',
    );
  });

  it('uses no other host and meets no error', () => {
    expect(faults.filter((fault) => !fault.includes('net::ERR_CONNECTION_REFUSED'))).toEqual([]);
  });
});
