import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative, isAbsolute } from 'node:path';

import { parseCpv } from '@swarm/domain-ebuild';

import { failedRun } from './failed-run.js';
import { readIuse, usePin } from './iuse.js';
import type { Machine } from './machine.model.js';
import type {
  BuildOutcome,
  BuiltPackage,
  FailureVerdict,
  PackagesEntry,
  RunControl,
} from './outcome.model.js';
import { latestBuilds, parsePackagesIndex } from './packages-index.js';
import { runProcess, type ProcessResult } from './run-process.js';

export interface BuildPackageRequest extends RunControl {
  readonly cpv: string;
  /** Repository to take the ebuild from; Portage's choice unless given. */
  readonly repository?: string;
  /** The flags of IUSE that must be on, all others off. As the machine is configured unless given. */
  readonly use?: readonly string[];
  /** `make -j`; as the machine is configured unless given. */
  readonly makeJobs?: number;
}

/**
 * Builds one package from source and packs it; nothing is installed, and its build dependencies must be there.
 * What an earlier try left behind is cleared away first, and the build directory afterwards.
 * One package must not be built twice at once on one machine; different ones may. Throws for what is no CPV.
 */
export async function buildPackage(machine: Machine, request: BuildPackageRequest): Promise<BuildOutcome> {
  const { cpv, repository, use, makeJobs, ...control } = request;
  const { category, pf } = splitCpv(cpv);
  const packages = packagesDirOf(machine, cpv);
  const buildDir = join(machine.paths.temporary, 'portage', category, pf);
  await discardBuild(machine, cpv);
  await mkdir(packages, { recursive: true });
  await rm(buildDir, { recursive: true, force: true });

  const environment: Record<string, string> = { ...machine.environment, PKGDIR: packages };
  if (makeJobs !== undefined) environment['MAKEOPTS'] = `-j${makeJobs}`;
  if (use !== undefined) environment['USE'] = usePin(use, await readIuse(machine, cpv));
  const atom = `=${cpv}${repository === undefined ? '' : `::${repository}`}`;
  const result = await runProcess({
    ...control,
    command: [...machine.portage.emerge, ...BUILD_OPTIONS, atom],
    environment,
    workDir: buildDir,
  });
  await rm(buildDir, { recursive: true, force: true });
  return verdictOnBuild(result, await findBuilt(packages, cpv), use);
}

const BUILD_OPTIONS = [
  '--ignore-default-opts',
  '--nospinner',
  '--autounmask=n',
  '--buildpkgonly',
  '--oneshot',
];

/** Removes the binary that `buildPackage` made of a CPV on this machine, when nobody needs the file any more. */
export async function discardBuild(machine: Machine, cpv: string): Promise<void> {
  await rm(packagesDirOf(machine, cpv), { recursive: true, force: true });
}

/** Each build has a PKGDIR of its own, so that no binary of an earlier try can be taken for this one's. */
function packagesDirOf(machine: Machine, cpv: string): string {
  const { category, pf } = splitCpv(cpv);
  return join(machine.paths.packages, category, pf);
}

function splitCpv(cpv: string): { readonly category: string; readonly pf: string } {
  const parsed = parseCpv(cpv);
  if (!parsed.ok) throw new Error(parsed.error);
  const { category, pn, pvr } = parsed.value;
  return { category, pf: `${pn}-${pvr}` };
}

/** A good binary counts even where emerge failed after it was made; without one, a good exit code does not. */
function verdictOnBuild(
  result: ProcessResult,
  found: Found,
  use: readonly string[] | undefined,
): BuildOutcome {
  if (found.kind === 'none') {
    const verdict: FailureVerdict = { class: 'unknown', summary: `emerge ended well, but ${found.why}` };
    return result.exitCode === 0 ? failedRun(result, verdict) : failedRun(result);
  }
  const wrong = use === undefined ? [] : wrongFlags(found.built.packagesEntry, use);
  if (wrong.length > 0) {
    return failedRun(result, {
      class: 'use-change',
      summary: `USE could not be set as wanted: ${wrong.join(' ')}`,
    });
  }
  return { ...found.built, durationMs: result.durationMs };
}

/** Flags of the entry's IUSE that are not as wanted, as one would have to write them. */
function wrongFlags(entry: PackagesEntry, wanted: readonly string[]): string[] {
  const iuse = (entry['IUSE'] ?? '')
    .split(' ')
    .map((flag) => flag.replace(/^[+-]/, ''))
    .filter(Boolean);
  const enabled = new Set((entry['USE'] ?? '').split(' '));
  const asked = new Set(wanted);
  return iuse
    .filter((flag) => enabled.has(flag) !== asked.has(flag))
    .map((flag) => (asked.has(flag) ? flag : `-${flag}`));
}

type Found =
  | { readonly kind: 'found'; readonly built: Omit<BuiltPackage, 'durationMs'> }
  | { readonly kind: 'none'; readonly why: string };

/** The binary of a CPV in a PKGDIR, if its index has it and the file is what the index says. */
async function findBuilt(packages: string, cpv: string): Promise<Found> {
  const text = await readFile(join(packages, 'Packages'), 'utf8').catch(() => '');
  const entry = latestBuilds(parsePackagesIndex(text).entries).get(cpv);
  const path = entry?.['PATH'];
  if (!entry || path === undefined) return { kind: 'none', why: 'there is no binary package' };
  const file = join(packages, path);
  const inside = relative(packages, file);
  if (inside.startsWith('..') || isAbsolute(inside))
    return { kind: 'none', why: 'its index points elsewhere' };
  const sizeBytes = await stat(file).then(
    ({ size }) => size,
    () => -1,
  );
  if (sizeBytes !== Number(entry['SIZE']))
    return { kind: 'none', why: 'the binary package has another size than its index says' };
  const { md5, sha1, sha256 } = await digestsOf(file);
  if (md5 !== entry['MD5'] || sha1 !== entry['SHA1'])
    return { kind: 'none', why: 'the binary package is not what its index says' };
  return { kind: 'found', built: { kind: 'built', cpv, file, sizeBytes, sha256, packagesEntry: entry } };
}

async function digestsOf(file: string): Promise<{ md5: string; sha1: string; sha256: string }> {
  const [md5, sha1, sha256] = [createHash('md5'), createHash('sha1'), createHash('sha256')];
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (const hash of [md5, sha1, sha256]) hash.update(chunk);
  }
  return { md5: md5.digest('hex'), sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
}
