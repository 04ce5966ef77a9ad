import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { checkDashboard } from '@swarm/adapter-postgres';
import { ensurePortage } from '@swarm/adapter-portage';
import { runCommand, startPostgres } from '@swarm/platform';
import { repositoryRoot, tempDir, type TempDir } from '@swarm/testing';

const LIMIT_MS = 900_000;
/** Stage-1 builds: one for the cycle of two in @world, one for each of the two sorts of cycle in @cycle. */
const STAGES = 3;
/** 30 packages of @world, one of @broken, six of @cycle, and the stage-1 builds. */
const BUILT = 30 + 1 + 6 + STAGES;
/** @world without the build tool and the header. */
const INSTALLED = 28;

/** What `swarm demo --json` writes, as far as it is looked at here. */
interface Summary {
  readonly kind: string;
  readonly built: number;
  readonly alreadyBuilt: number;
  readonly attempts: number;
  readonly stages: readonly { readonly cpv: string; readonly use: string[]; readonly fullUse: string[] }[];
  readonly findings: readonly string[];
  readonly quarantined: readonly { readonly cpv: string; readonly reason: string }[];
  readonly blocked: readonly { readonly cpv: string; readonly reason: string }[];
  readonly builtBy: Readonly<Record<string, number>>;
  readonly lost: { readonly drone: string; readonly finishedBy: string | null } | null;
  readonly release: number | null;
  readonly installed: number;
  readonly said: string;
}

const home = repositoryRoot();
const setup = await ensurePortage({ cacheDir: join(home, '.cache') });
const whenPortageIsThere = setup.kind === 'ready' ? describe : describe.skip;

whenPortageIsThere('the journey from @world to an installed package, on real Portage', () => {
  let directory: TempDir;
  beforeAll(async () => {
    directory = await tempDir('journey');
  });
  afterAll(async () => {
    await directory[Symbol.asyncDispose]();
  });

  const demo = async (name: string): Promise<Summary> => {
    const file = join(directory.path, `${name}.json`);
    const { status, stdout, stderr } = await runCommand(
      process.execPath,
      [
        join(home, 'dist/apps/swarm/main.js'),
        'demo',
        `--state=${join(directory.path, 'state')}`,
        '--executor=portage',
        `--json=${file}`,
      ],
      { cwd: home, env: { ...process.env, LAB_SLOW_SECONDS: '3' }, limitMs: LIMIT_MS },
    );
    if (status !== 0) throw new Error(`the demo ended with ${status}:\n${stdout}\n${stderr}`);
    return JSON.parse(await readFile(file, 'utf8')) as Summary;
  };

  it(
    'builds with emerge on three drones, opens cycles, loses a drone, and installs where nothing compiles (S11, S34)',
    async () => {
      const summary = await demo('first');

      expect(summary.kind).toBe('portage');
      expect(summary.built).toBe(BUILT);
      expect(summary.installed).toBe(INSTALLED);
      expect(summary.stages.toSorted((a, b) => (a.cpv < b.cpv ? -1 : 1))).toEqual([
        { cpv: 'lab-cycle/grammar-1.0', use: [], fullUse: ['macros'] },
        { cpv: 'lab-cycle/mixer-1.0', use: [], fullUse: ['audio', 'video'] },
        { cpv: 'lab-libs/glyphs-2.13', use: [], fullUse: ['shaper'] },
      ]);
      expect(summary.findings).toEqual([
        expect.stringMatching(/ouroboros-head-1.0, .*ouroboros-tail-1.0 need each other/),
        expect.stringMatching(/^lab-trouble\/ouroboros-1 cannot be built without/),
      ]);
      expect(summary.said).toContain('I am linked to textkit');
      expect(summary.release).toBeGreaterThan(0);
      expect(summary.lost?.finishedBy).not.toBeNull();
      expect(summary.lost?.finishedBy).not.toBe(summary.lost?.drone);
      expect(summary.quarantined).toEqual([
        { cpv: 'lab-broken/never-1.0', reason: expect.stringContaining('compile') },
      ]);
      expect(summary.blocked).toEqual([
        { cpv: 'lab-broken/needs-never-1.0', reason: expect.stringContaining('lab-broken/never-1.0') },
      ]);
      // Each once, two of the one that never compiles, one of the one that fails once, one lost.
      expect(summary.attempts).toBe(BUILT + 2 + 1 + 1);
    },
    LIMIT_MS,
  );

  it(
    'finds nothing to build the second time',
    async () => {
      const summary = await demo('second');
      expect(summary).toMatchObject({
        ...{ built: 0, alreadyBuilt: BUILT - STAGES, attempts: 0, installed: INSTALLED, lost: null },
      });
    },
    LIMIT_MS,
  );

  it(
    "leaves a ledger in which every query of the operators' dashboard runs",
    async () => {
      await using postgres = await running(join(directory.path, 'state', 'postgres'));
      const dashboard: unknown = JSON.parse(
        await readFile(join(home, 'deploy/grafana/dashboards/build-swarm.json'), 'utf8'),
      );
      const report = await checkDashboard(dashboard, postgres.url);
      expect(report.problems).toEqual([]);
      expect(report.queries.filter(({ rows }) => rows > 0).length).toBeGreaterThan(report.queries.length / 2);
    },
    LIMIT_MS,
  );
});

async function running(dataDir: string): Promise<{ url: string } & AsyncDisposable> {
  const server = await startPostgres({ dataDir });
  return { url: server.url, [Symbol.asyncDispose]: () => server.stop() };
}
