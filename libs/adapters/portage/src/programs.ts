import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where programs of the system lie; Portage hands this on to ebuilds, so nobody's shims are in it. */
export const systemPath = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
].join(delimiter);

/** Programs that Portage's phases, its packing and the lab call, and the Debian package of each. */
export const neededPrograms: readonly { readonly program: string; readonly debianPackage: string }[] = [
  { program: 'bash', debianPackage: 'bash' },
  { program: 'bc', debianPackage: 'bc' },
  { program: 'bzip2', debianPackage: 'bzip2' },
  { program: 'file', debianPackage: 'file' },
  { program: 'find', debianPackage: 'findutils' },
  { program: 'gcc', debianPackage: 'gcc' },
  { program: 'gpg', debianPackage: 'gnupg' },
  { program: 'make', debianPackage: 'make' },
  { program: 'patch', debianPackage: 'patch' },
  { program: 'rsync', debianPackage: 'rsync' },
  { program: 'scanelf', debianPackage: 'pax-utils' },
  { program: 'strip', debianPackage: 'binutils' },
  { program: 'tar', debianPackage: 'tar' },
  { program: 'wget', debianPackage: 'wget' },
  { program: 'zstd', debianPackage: 'zstd' },
];

/** Absolute path of a program, or nothing if no directory of the path has it. */
export async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const directory of path.split(delimiter).filter((entry) => entry !== '')) {
    const candidate = join(directory, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** Debian packages of the needed programs that are not there, sorted. */
export async function missingDebianPackages(): Promise<string[]> {
  const found = await Promise.all(neededPrograms.map(({ program }) => findProgram(program, systemPath)));
  return neededPrograms.filter((_, i) => found[i] === undefined).map(({ debianPackage }) => debianPackage);
}

/** True for a file that this user may execute. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
