import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { runCommand } from './managed-process.js';

const APT_HELPER = '/usr/lib/apt/apt-helper';
const DOWNLOAD_LIMIT_MS = 120_000;
const AR_MAGIC = '!<arch>\n';
const AR_HEADER_BYTES = 60;

/** The archives that this machine's own apt is set up for, without those for security updates. */
export async function archiveSites(): Promise<string[]> {
  const { status, stdout } = await runCommand('apt-get', ['indextargets', '--format', '$(SITE)']);
  if (status !== 0) return [];
  return [...new Set(stdout.split('\n').map((site) => site.trim()))].filter((site) => /^https?:/.test(site));
}

/**
 * Downloads through apt itself, so that its proxies and certificates count, and checks the digest.
 * Throws with apt's own words.
 */
export async function downloadByApt(url: string, file: string, sha256: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const { status, stderr } = await runCommand(APT_HELPER, ['download-file', url, file, `SHA256:${sha256}`], {
    limitMs: DOWNLOAD_LIMIT_MS,
  });
  if (status !== 0) throw new Error(`apt-helper: ${lastLine(stderr)}`);
}

/** Fetches the package that apt would install, without installing it (no root needed), into `directory`. */
export async function downloadPackage(name: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { status, stderr } = await runCommand('apt-get', ['download', name], {
    cwd: directory,
    limitMs: DOWNLOAD_LIMIT_MS,
  });
  if (status !== 0) throw new Error(`apt-get download: ${lastLine(stderr)}`);
}

/** Takes one executable out of a .deb. It appears under its name at once and whole, or not at all. */
export async function extractExecutable(deb: string, member: string, target: string): Promise<void> {
  const archive = dataArchive(await readFile(deb));
  const work = join(dirname(target), `.unpack-${randomUUID()}`);
  await mkdir(work, { recursive: true });
  try {
    const { status, stderr } = await runCommand(
      'tar',
      ['-x', archive.compression, '-C', work, '-f', '-', member],
      {
        input: archive.bytes,
      },
    );
    if (status !== 0) throw new Error(`tar: ${lastLine(stderr)}`);
    const unpacked = join(work, member);
    await chmod(unpacked, 0o755);
    await rename(unpacked, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A .deb is an `ar` archive (deb(5)); what it installs is its member `data.tar.*`. */
function dataArchive(deb: Buffer): { readonly bytes: Buffer; readonly compression: string } {
  if (deb.toString('latin1', 0, AR_MAGIC.length) !== AR_MAGIC) throw new Error('not a Debian package');
  for (let at = AR_MAGIC.length; at + AR_HEADER_BYTES <= deb.length;) {
    const name = basename(deb.toString('latin1', at, at + 16).trim());
    const size = Number(deb.toString('latin1', at + 48, at + 58));
    const start = at + AR_HEADER_BYTES;
    if (name.startsWith('data.tar')) {
      return { bytes: deb.subarray(start, start + size), compression: compressionOf(name) };
    }
    at = start + size + (size % 2);
  }
  throw new Error('the Debian package has no data.tar');
}

function compressionOf(name: string): string {
  if (name.endsWith('.xz')) return '--xz';
  if (name.endsWith('.zst')) return '--zstd';
  return '--gzip';
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
