import { mkdir, readdir, readFile, readlink, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Configuration } from '@swarm/domain-plan';
import { type TempDir, tempDir } from '@swarm/testing';

import {
  applyConfiguration,
  bareMachine,
  buildPackage,
  clearLeftovers,
  configurationDigest,
  CONFIGURATIONS_KEPT,
  createMachine,
  dropConfigurations,
  type EbuildRepository,
  ensureRepository,
  labConfiguration,
  type Machine,
  resolvePlan,
  systemMachine,
} from './index.js';
import { describeWithPortage, preparedLab, readyPortage } from './lab.fixture.js';
import { runProcess } from './run-process.js';
import { treeDigest } from './tree-digest.js';

const CHECKSUM = 'lab-libs/checksum-2.1';
const RINGBUF = 'lab-libs/ringbuf-1.4';

describeWithPortage('a machine with a configuration', () => {
  let temporary: TempDir;
  let repository: EbuildRepository;
  let bare: Machine;
  let lab: Configuration;

  beforeAll(async () => {
    temporary = await tempDir('configuration');
    const prepared = await preparedLab();
    ({ repository } = prepared);
    bare = await bareMachine({
      name: 'drone',
      dir: join(temporary.path, 'drone'),
      portage: prepared.portage,
      makeJobs: 3,
      variables: { LAB_STATE_DIR: temporary.path },
    });
    lab = await labConfiguration(repository);
  });
  afterAll(async () => {
    await temporary[Symbol.asyncDispose]();
  });

  it('builds with the flags of that configuration, and one after another they do not touch each other', async () => {
    const make = lab.files['make.conf'] ?? '';
    const plain = await applied(lab);
    const other = await applied({
      ...lab,
      files: {
        'make.conf': `${make}CFLAGS="-O1"\nUSE="nosuchflag"\nACCEPT_KEYWORDS="~amd64"\nFEATURES="getbinpkg"\nPKGDIR="/nowhere"\n`,
        'package.use/lab': 'lab-libs/checksum static-libs\n',
        'package.env': 'lab-libs/ringbuf small\n',
        'env/small': 'CFLAGS="-Os"\n',
        'sets/tiny': 'lab-libs/ringbuf\n',
        'repos.conf/elsewhere': '[elsewhere]\nlocation = /elsewhere\n',
      },
      world: ['lab-libs/checksum', '@tiny'],
    });
    expect(await flagsOf(plain)).not.toContain('static-libs');
    expect(await flagsOf(other)).toContain('static-libs');
    expect(await flagsOf(plain)).not.toContain('static-libs');

    const names = ['CFLAGS', 'USE', 'ACCEPT_KEYWORDS', 'FEATURES', 'PKGDIR', 'MAKEOPTS', 'LAB_STATE_DIR'];
    const [asPlain, asOther] = [
      await settings(plain, CHECKSUM, names),
      await settings(other, CHECKSUM, names),
    ];
    expect(asPlain).toMatchObject({ CFLAGS: '-O2 -pipe', ACCEPT_KEYWORDS: 'amd64', MAKEOPTS: '-j3' });
    expect(asOther).toMatchObject({ CFLAGS: '-O1', ACCEPT_KEYWORDS: 'amd64 ~amd64', MAKEOPTS: '-j3' });
    expect(asOther['USE']?.split(' ')).toContain('nosuchflag');
    expect(asPlain['USE']?.split(' ')).not.toContain('nosuchflag');
    expect(await settings(other, RINGBUF, ['CFLAGS'])).toEqual({ CFLAGS: '-Os' });

    // The machine's own, whatever a configuration says of it.
    for (const { PKGDIR, FEATURES, LAB_STATE_DIR } of [asPlain, asOther]) {
      expect(PKGDIR).toBe(bare.paths.packages);
      expect(FEATURES?.split(' ')).not.toContain('getbinpkg');
      expect(FEATURES?.split(' ')).not.toContain('sandbox');
      expect(LAB_STATE_DIR).toBe(temporary.path);
    }
    expect(await readdir(join(other.paths.configRoot, 'etc/portage'))).toEqual([
      'env',
      'make.conf',
      'make.profile',
      'package.env',
      'package.use',
      'sets',
    ]);
    expect(other.paths.root).not.toBe(plain.paths.root);
  });

  it('plans the world of its configuration, sets included, and the sets of nobody else', async () => {
    const small = await applied({
      ...lab,
      files: { ...lab.files, 'sets/tiny': 'lab-libs/ringbuf\n' },
      world: ['lab-libs/checksum', '@tiny'],
    });
    expect(await planned(small, '@world')).toEqual([CHECKSUM, RINGBUF]);
    expect((await planned(await applied(lab), '@world')).length).toBeGreaterThan(20);
    expect(await planned(await applied(lab), '@tiny')).toEqual([]);
  });

  it('S17: plans and builds what its configuration names, after the repository has moved', async () => {
    const moving = join(temporary.path, 'moving');
    await writeRepository(moving, 'app-1');
    const configuration: Configuration = {
      files: { 'make.conf': '' },
      makeProfile: 'moving:only',
      world: ['lab/app'],
      repositories: [
        {
          name: 'moving',
          source: { kind: 'directory', path: moving },
          revision: `tree:${await treeDigest(moving)}`,
        },
      ],
    };
    const [pin] = configuration.repositories;
    if (!pin) throw new Error('no pin');
    const cacheDir = join(temporary.path, 'cache');
    const ensured = await ensureRepository(pin, { cacheDir, portage: readyPortage() });
    if (!ensured.ok) throw new Error(ensured.error.message);
    const digest = configurationDigest(configuration);
    const machine = await applyConfiguration(bare, { digest, configuration, repositories: [ensured.value] });
    await writeRepository(moving, 'app-2');
    await rm(join(moving, 'lab/app/app-1.ebuild'));
    expect(await planned(machine, '@world')).toEqual(['lab/app-1']);
    expect(await buildPackage(machine, { cpv: 'lab/app-1' })).toMatchObject({ kind: 'built' });
    expect(await treeDigest(ensured.value.location)).toBe(pin.revision.slice('tree:'.length));
  });

  it('finds its repositories where they are now, under the same digest', async () => {
    const digest = configurationDigest(lab);
    await applied(lab);
    const elsewhere = [{ ...repository, location: join(temporary.path, 'elsewhere') }];
    await mkdir(join(temporary.path, 'elsewhere/profiles/lab/amd64'), { recursive: true });
    const { paths, environment } = await applyConfiguration(bare, {
      digest,
      configuration: lab,
      repositories: elsewhere,
    });
    expect(await readlink(join(paths.configRoot, 'etc/portage/make.profile'))).toContain(
      '/elsewhere/profiles/',
    );
    expect(environment['PORTAGE_REPOSITORIES']).toContain('/elsewhere\n');
  });

  it('is not half-configured after an agent was killed while it wrote', async () => {
    const digest = configurationDigest(lab);
    const { configurations } = bare.paths;
    await rm(join(configurations, digest), { recursive: true });
    await mkdir(join(configurations, '.draft-of-a-dead-one/etc/portage'), { recursive: true });
    const { paths } = await applied(lab);
    expect(await readFile(join(paths.configRoot, 'etc/portage/make.conf'), 'utf8')).toBe(
      lab.files['make.conf'],
    );
    await clearLeftovers(bare);
    expect((await readdir(configurations)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('keeps the last used configurations and those in use, and no others', async () => {
    const { configurations } = bare.paths;
    await rm(configurations, { recursive: true });
    const names = Array.from({ length: CONFIGURATIONS_KEPT + 2 }, (_unused, i) => `${i}`.repeat(64));
    for (const [i, name] of names.entries()) {
      await mkdir(join(configurations, name), { recursive: true });
      await utimes(join(configurations, name), i, i);
    }
    await dropConfigurations(bare, new Set([names[0] ?? '']));
    expect(await readdir(configurations)).toEqual(names.filter((_name, i) => i !== 1));
  });

  it('keeps the ROOT of a workstation through its configurations, with the world of the newest', async () => {
    const dir = join(temporary.path, 'workstation');
    const portage = readyPortage();
    const options = { name: 'workstation', dir, portage, disposableRoot: false };
    const first = await createMachine({ ...options, repository });
    const digest = configurationDigest(lab);
    const later = await applyConfiguration(await bareMachine(options), {
      digest,
      configuration: { ...lab, world: ['lab-apps/oldchat'] },
      repositories: [repository],
    });
    expect(later.paths.root).toBe(first.paths.root);
    expect(await readFile(join(later.paths.root, 'var/lib/portage/world'), 'utf8')).toBe(
      'lab-apps/oldchat\n',
    );
  });

  it('leaves the directories of a Gentoo machine alone: only its own are selected by the environment', async () => {
    const system = await systemMachine({
      name: 'gentoo',
      dir: join(temporary.path, 'gentoo'),
      portage: readyPortage(),
    });
    const digest = configurationDigest(lab);
    const { paths, environment } = await applyConfiguration(system, {
      digest,
      configuration: lab,
      repositories: [repository],
    });
    expect(paths).toMatchObject({
      root: '/',
      buildRoot: '/',
      configRoot: join(system.paths.configurations, digest),
    });
    expect(paths.planRoot).toBe(join(paths.configRoot, 'plan'));
    expect(environment).toMatchObject({ PORTAGE_CONFIGROOT: paths.configRoot });
    expect(environment).not.toHaveProperty('ROOT');
    expect(environment).not.toHaveProperty('PORTAGE_OVERRIDE_EPREFIX');
  });

  function applied(configuration: Configuration): Promise<Machine> {
    const digest = configurationDigest(configuration);
    return applyConfiguration(bare, { digest, configuration, repositories: [repository] });
  }

  async function flagsOf(machine: Machine): Promise<string[]> {
    const outcome = await buildPackage(machine, { cpv: CHECKSUM });
    if (outcome.kind === 'failed') throw new Error(`${outcome.summary}\n${outcome.logTail}`);
    return (outcome.packagesEntry['USE'] ?? '').split(' ');
  }

  async function planned(machine: Machine, target: string): Promise<string[]> {
    const resolution = await resolvePlan(machine, { atoms: [target] });
    if (resolution.kind !== 'resolved') throw new Error(resolution.summary);
    return resolution.document.packages.map(({ cpv }) => cpv).sort();
  }
});

/** Settings as Portage has them for one package. */
async function settings(
  machine: Machine,
  cpv: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const query = [
    'import json, portage, sys',
    'settings = portage.config(clone=portage.settings)',
    'settings.setcpv(sys.argv[1], mydb=portage.db[portage.root]["porttree"].dbapi)',
    'print(json.dumps({name: settings.get(name, "") for name in sys.argv[2:]}))',
  ].join('\n');
  const { answer, tail } = await runProcess({
    command: [machine.portage.python, '-c', query, cpv, ...names],
    environment: machine.environment,
    answerLimitBytes: 1024 * 1024,
  });
  if (answer === '') throw new Error(tail);
  return JSON.parse(answer) as Record<string, string>;
}

async function writeRepository(home: string, pf: string): Promise<void> {
  const files: Record<string, string> = {
    'profiles/repo_name': 'moving\n',
    'profiles/categories': 'lab\n',
    'profiles/arch.list': 'amd64\n',
    'profiles/only/eapi': '8\n',
    'profiles/only/make.defaults':
      'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\nACCEPT_LICENSE="*"\nCHOST="x86_64-pc-linux-gnu"\n',
    'metadata/layout.conf': 'masters =\ncache-formats = md5-dict\nthin-manifests = true\n',
    [`lab/app/${pf}.ebuild`]: 'EAPI=8\nDESCRIPTION="for a test"\nSLOT="0"\nKEYWORDS="amd64"\nS=$WORKDIR\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(home, path, '..'), { recursive: true });
    await writeFile(join(home, path), text);
  }
}
