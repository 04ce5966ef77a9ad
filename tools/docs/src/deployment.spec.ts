import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@swarm/testing';
import { parse } from 'yaml';
import { z } from 'zod';

import { environments, variablesIn } from './environment.js';

const root = repositoryRoot();
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      build: z.object({ dockerfile: z.string() }).optional(),
      command: z.union([z.string(), z.array(z.string())]).optional(),
      environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
      depends_on: z.record(z.string(), z.unknown()).default({}),
      volumes: z.array(z.string()).default([]),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});
type Compose = z.output<typeof Compose>;

/** Which of our applications a service of the compose file runs. */
function applicationOf({ command, build }: Compose['services'][string]): string | undefined {
  if (build?.dockerfile.includes('drone') === true) return 'drone';
  return /dist\/apps\/(?<app>[a-z-]+)\/main\.js/.exec([command ?? ''].flat().join(' '))?.groups?.['app'];
}

let known: ReadonlyMap<string, ReadonlySet<string>>;
let compose: Compose;
let composeText: string;

beforeAll(async () => {
  known = await environments(root);
  composeText = await read('docker-compose.yml');
  compose = Compose.parse(parse(composeText, { merge: true }));
});

describe('.env.example', () => {
  it('has every variable that an application reads', async () => {
    const given = variablesIn(await read('.env.example'));
    const missing = [...known].flatMap(([app, names]) =>
      [...names].filter((name) => !given.has(name)).map((name) => `${app}: ${name}`),
    );
    expect(missing).toEqual([]);
    expect([...known.keys()]).toEqual(
      expect.arrayContaining(['scheduler', 'health-monitor', 'healer', 'binhost', 'gateway', 'drone']),
    );
  });

  it('has every variable that the compose file takes from it', async () => {
    const given = variablesIn(await read('.env.example'));
    const taken = [...composeText.matchAll(/(?<!\$)\$\{(?<name>[A-Z_]+)/g)].map(
      ({ groups }) => groups?.['name'],
    );
    expect(taken.filter((name) => name !== undefined && !given.has(name))).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  it('runs the five services and drones', () => {
    const applications = Object.values(compose.services).flatMap((service) => applicationOf(service) ?? []);
    expect(new Set(applications)).toEqual(
      new Set(['scheduler', 'health-monitor', 'healer', 'binhost', 'gateway', 'drone']),
    );
  });

  it('gives each application only variables that it reads', () => {
    const unknown = Object.entries(compose.services).flatMap(([name, service]) => {
      const app = applicationOf(service);
      if (app === undefined) return [];
      return Object.keys(service.environment)
        .filter((variable) => known.get(app)?.has(variable) !== true)
        .map((variable) => `${name}: ${variable}`);
    });
    expect(unknown).toEqual([]);
  });

  it('waits only for services, and mounts only volumes, that it has', () => {
    for (const { depends_on: needs, volumes } of Object.values(compose.services)) {
      expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(Object.keys(needs)));
      const named = volumes.map((volume) => volume.split(':')[0] ?? '').filter((from) => /^[a-z]/.test(from));
      expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
    }
  });

  it('names the version of every image', () => {
    const images = Object.values(compose.services).flatMap(({ image }) => image ?? []);
    for (const image of images) expect(image).toMatch(/:(?!latest)[\w.-]+$/);
  });

  it('names only files that are there', async () => {
    for (const { build, volumes } of Object.values(compose.services)) {
      const own = volumes.map((volume) => volume.split(':')[0] ?? '').filter((from) => from.startsWith('./'));
      for (const path of [...own, ...(build ? [build.dockerfile] : [])].filter((each) =>
        /\.\w+$/.test(each),
      )) {
        expect((await read(path)).length).toBeGreaterThan(0);
      }
    }
  });
});

describe('the NATS configuration of the compose file', () => {
  it('syncs always (Q26), and takes a compressed plan document', async () => {
    const text = await read('deploy/nats/nats-server.conf');
    expect(text).toMatch(/^\s*sync_interval: always$/m);
    expect(text).toMatch(/^max_payload: 8MB$/m);
  });
});
