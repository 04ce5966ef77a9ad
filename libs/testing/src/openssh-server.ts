import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { findOnPath, runCommand } from '@swarm/platform';

/** What sshd needs that a machine without it may lack, and what lets it run without a user of its own. */
const PACKAGES = ['openssh-server', 'libwrap0', 'libnsl2', 'libtirpc3', 'libnss-wrapper'];
const FETCH_LIMIT_MS = 180_000;
/** Where sshd wants an empty directory when it runs as root; the place is compiled in. */
const PRIVILEGE_SEPARATION_DIR = '/run/sshd';

/** A real sshd that can be started without being installed, or why there is none. */
export type OpensshServer =
  | {
      readonly kind: 'ready';
      readonly binary: string;
      /** Directories of libraries of its own; empty where the machine has them. */
      readonly libraryDirs: readonly string[];
      /** A library that lets it find users in a file; undefined where the machine has a user `sshd`. */
      readonly usersLibrary: string | undefined;
      /** Programs that newer releases start beside themselves: option → path. */
      readonly helpers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The machine's sshd, or Debian's, unpacked into the cache: no root, no service, no new user. Never rejects. */
export async function ensureOpensshServer(cacheDir: string): Promise<OpensshServer> {
  const installed = await findOnPath('sshd', process.env);
  const isRoot = process.getuid?.() === 0;
  if (installed !== undefined && (!isRoot || (await hasUser('sshd')))) {
    if (isRoot) await mkdir(PRIVILEGE_SEPARATION_DIR, { recursive: true });
    return { kind: 'ready', binary: installed, libraryDirs: [], usersLibrary: undefined, helpers: {} };
  }
  const directory = join(cacheDir, 'openssh-server');
  try {
    if (!existsSync(directory)) await unpack(cacheDir, directory);
    if (isRoot) await mkdir(PRIVILEGE_SEPARATION_DIR, { recursive: true });
    return await found(directory);
  } catch (error) {
    return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function found(directory: string): Promise<OpensshServer> {
  const files = await readdir(directory, { recursive: true });
  const usersLibrary = files.find((file) => file.endsWith('/libnss_wrapper.so'));
  const libraryDirs = new Set(
    files.filter((file) => /\.so\.\d+$/.test(file)).map((file) => join(directory, file, '..')),
  );
  const helper = (name: string): string | undefined => files.find((file) => file.endsWith(`openssh/${name}`));
  const helpers = Object.entries({
    SshdSessionPath: helper('sshd-session'),
    SshdAuthPath: helper('sshd-auth'),
  }).flatMap(([option, file]) => (file === undefined ? [] : [[option, join(directory, file)] as const]));
  return {
    kind: 'ready',
    binary: join(directory, 'usr/sbin/sshd'),
    libraryDirs: [...libraryDirs],
    usersLibrary: usersLibrary === undefined ? undefined : join(directory, usersLibrary),
    helpers: Object.fromEntries(helpers),
  };
}

async function unpack(cacheDir: string, directory: string): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'openssh-server-'));
  try {
    const download = ['download', '-q', ...PACKAGES];
    if (!(await succeeds('apt-get', download, work))) {
      // The lists of a fresh image are empty or old.
      await succeeds('apt-get', ['update', '-qq'], work);
      if (!(await succeeds('apt-get', download, work))) {
        throw new Error('apt-get cannot download openssh-server');
      }
    }
    for (const deb of (await readdir(work)).filter((name) => name.endsWith('.deb'))) {
      const isUnpacked = await succeeds('dpkg-deb', ['-x', deb, 'unpacked'], work);
      if (!isUnpacked) throw new Error(`dpkg-deb cannot unpack ${deb}`);
    }
    await rename(join(work, 'unpacked'), directory).catch((error: unknown) => {
      // Another test process was first.
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function succeeds(command: string, args: readonly string[], cwd: string): Promise<boolean> {
  const { status } = await runCommand(command, [...args], { cwd, limitMs: FETCH_LIMIT_MS });
  return status === 0;
}

async function hasUser(name: string): Promise<boolean> {
  return (await runCommand('getent', ['passwd', name])).status === 0;
}
