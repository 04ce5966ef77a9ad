import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import { WorkAssigned } from '@swarm/contracts';
import { silentLogger } from '@swarm/platform';
import { repositoryRoot, startTestNats, tempDir, waitFor } from '@swarm/testing';
import { TestBinhost } from './testing/test-binhost.js';
import { TestControl } from './testing/test-control.js';
import { buildAssigned, TEST_KEY, TEST_PROFILE } from './testing/test-work.js';

it('real portage', async () => {
  const root = repositoryRoot();
  const nats = await startTestNats({ syncAlways: false });
  const control = new TestControl(await connectBus({ url: nats.url, name: 'control', logger: silentLogger() }));
  await control.start();
  const binhost = new TestBinhost();
  await binhost.start();
  const state = await tempDir('hand');
  const launch = () => spawn(process.execPath, [join(root, 'dist/apps/drone/main.js')], {
    env: { PATH: process.env['PATH'], SWARM_DRONE_NAME: 'drone-1', NATS_URL: nats.url, SWARM_ENROLMENT_KEY: TEST_KEY, SWARM_PROFILE: TEST_PROFILE,
      SWARM_EXECUTOR: 'portage', SWARM_STATE_DIR: state.path, SWARM_ACK_WAIT_MS: '3000', SWARM_CACHE_DIR: join(root, '.cache'), SWARM_LAB_DIR: join(root, 'lab'), LAB_SLOW_SECONDS: '20' },
    stdio: 'inherit' });
  let child = launch();
  const attemptId = randomUUID();
  await control.bus.publish(WorkAssigned, { drone: 'drone-1', attemptId, attempt: 1, profile: TEST_PROFILE, work: { kind: 'resolve', planId: randomUUID(), targets: ['@world'] } });
  const resolved = await waitFor(() => control.endOf(attemptId), { timeoutMs: 200_000 });
  if (resolved.kind !== 'resolved') throw new Error(JSON.stringify(resolved));
  const doc = JSON.parse(gunzipSync(Buffer.from(resolved.documentGzip, 'base64')).toString());
  console.log(doc.packages.map((p: any) => [p.cpv, p.root, p.use.join(','), p.dependencies.DEPEND, p.dependencies.BDEPEND].join(' | ')).join('\n'));
  const pick = process.env['PICK'] ?? doc.packages[0].cpv;
  const p = doc.packages.find((x: any) => x.cpv === pick);
  const { synthetic: _s, ...w } = buildAssigned('drone-1', binhost.url).work;
  const give = async (work: any, id = randomUUID()) => {
    await control.bus.publish(WorkAssigned, { drone: 'drone-1', attemptId: id, attempt: 1, profile: TEST_PROFILE, work: { ...w, jobId: randomUUID(), uploadUrl: `${binhost.url}/upload/${id}`, ...work } });
    return id;
  };
  const a = await give({ cpv: p.cpv, use: p.use, repository: p.repository });
  const out = await waitFor(() => control.endOf(a), { timeoutMs: 200_000 });
  console.log(JSON.stringify(out), control.logs.map(l => l.text).join('').slice(-1500));
  expect(out.kind).toBe('built');
  const b = await give({ cpv: p.cpv, use: p.use, repository: p.repository, dependencies: [{ cpv: 'lab-libs/x-1', sha256: 'a'.repeat(64), root: 'target' }] });
  console.log(JSON.stringify(await waitFor(() => control.endOf(b), { timeoutMs: 200_000 })));
  // kill -9 in the middle of the slow one, then rebuild
  const slowPkg = doc.packages.find((x: any) => /slow|typeset/.test(x.cpv));
  console.log('slow', slowPkg?.cpv);
  if (slowPkg) {
    const c = await give({ cpv: slowPkg.cpv, use: slowPkg.use, repository: slowPkg.repository });
    await waitFor(() => control.isIn('drone-1', c, 'building'), { timeoutMs: 60000 });
    await waitFor(() => control.logs.some(l => /Compiling|Unpacking/.test(l.text) && l.text.includes(slowPkg.cpv.split('/')[1])), { timeoutMs: 60000 });
    child.kill('SIGKILL');
    await once(child, 'exit');
    child = launch();
    const e = await waitFor(() => control.endOf(c), { timeoutMs: 200_000 });
    console.log('after kill', JSON.stringify(e).slice(0, 1500));
    const d = await give({ cpv: slowPkg.cpv, use: slowPkg.use, repository: slowPkg.repository });
    await waitFor(() => control.isIn('drone-1', d, 'building'), { timeoutMs: 60000 });
    child.kill('SIGTERM'); 
    await waitFor(() => control.beats.at(-1)?.draining, { timeoutMs: 60000 });
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    console.log('exit', code, JSON.stringify(control.endOf(d)));
  }
  await control.bus.close(); await binhost.stop(); await nats[Symbol.asyncDispose](); await state[Symbol.asyncDispose]();
}, 600_000);
