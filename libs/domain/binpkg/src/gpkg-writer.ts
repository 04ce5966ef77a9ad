import { type BinpkgMetadata, syntheticKey } from './binpkg-metadata.js';
import { type Compression, compressionSuffix } from './gpkg-container.js';
import type { DigestOf } from './gpkg.js';
import { manifestLine } from './gpkg-manifest.js';
import { type TarInput, writeTar } from './tar-writer.js';
import { bytesOf, oneLine } from './text.js';

/** What to put into a GPKG. */
export interface GpkgSpec {
  readonly category: string;
  /** Name and version: `greet-1.0-r1`. */
  readonly pf: string;
  /** 1 or more. */
  readonly buildId: number;
  /** Further metadata files; CATEGORY, PF, BUILD_ID and, where missing, BUILD_TIME, EAPI, KEYWORDS, SLOT and SIZE are filled in. */
  readonly metadata: BinpkgMetadata | ReadonlyMap<string, string | Uint8Array>;
  /** The files to install, paths relative to the root; parents before children. */
  readonly image: readonly TarInput[];
  /** Build time and time of all members, in seconds of the epoch. */
  readonly mtimeSeconds: number;
  /** Marks the package as made without a build. */
  readonly synthetic: boolean;
}

export interface WriteGpkgPorts {
  readonly digestOf: DigestOf;
  /** How the inner archives are compressed; Portage 3.0.83 takes an uncompressed one for what its own BINPKG_COMPRESS says. */
  readonly compress: {
    readonly kind: Exclude<Compression, 'none'>;
    readonly apply: (bytes: Uint8Array) => Uint8Array;
  };
}

/** Writes an unsigned GPKG (GLEP 78). The same input gives the same bytes. */
export function writeGpkg(spec: GpkgSpec, ports: WriteGpkgPorts): Uint8Array {
  const base = `${spec.pf}-${spec.buildId}`;
  const suffix = compressionSuffix(ports.compress.kind);
  const pack = (members: readonly TarInput[]): Uint8Array =>
    ports.compress.apply(writeTar(members, spec.mtimeSeconds));
  const contents: readonly (readonly [name: string, content: Uint8Array])[] = [
    ['gpkg-1', new Uint8Array()],
    [`metadata.tar${suffix}`, pack(metadataMembers(spec))],
    [`image.tar${suffix}`, pack(imageMembers(spec.image))],
  ];
  const manifest = contents.map(([name, content]) => manifestLine(name, content, ports.digestOf)).join('');
  const members = [...contents, ['Manifest', bytesOf(manifest)] as const];
  return writeTar(
    members.map(([name, content]) => ({ kind: 'file', path: `${base}/${name}`, content })),
    spec.mtimeSeconds,
  );
}

/** What bzip2 makes of nothing. */
const emptyBzip2 = Uint8Array.of(0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0);

function metadataMembers(spec: GpkgSpec): TarInput[] {
  const installedBytes = spec.image.reduce(
    (sum, member) => sum + (member.kind === 'file' ? member.content.length : 0),
    0,
  );
  const files = new Map<string, string | Uint8Array>([
    ['BUILD_TIME', String(spec.mtimeSeconds)],
    ['EAPI', '8'],
    ['KEYWORDS', '*'],
    ['SLOT', '0'],
    ['SIZE', String(installedBytes)],
    ...spec.metadata,
    ['CATEGORY', spec.category],
    ['PF', spec.pf],
    ['BUILD_ID', String(spec.buildId)],
    ...(spec.synthetic ? ([[syntheticKey, '1']] as const) : []),
  ]);
  // Portage 3.0.83 unpacks the saved environment and sources the ebuild while it installs, even when there is no phase to run.
  const ebuild = `${spec.pf}.ebuild`;
  if (!files.has(ebuild)) files.set(ebuild, ebuildText(files));
  if (!files.has('environment.bz2')) files.set('environment.bz2', emptyBzip2);
  return [...files].map(([key, value]) => ({
    kind: 'file',
    path: `metadata/${key}`,
    content: typeof value === 'string' ? bytesOf(value.endsWith('\n') ? value : `${value}\n`) : value,
  }));
}

/** An ebuild without phases. */
function ebuildText(files: ReadonlyMap<string, string | Uint8Array>): string {
  const keys = ['EAPI', 'DESCRIPTION', 'SLOT', 'KEYWORDS', 'IUSE', 'LICENSE'];
  const safe = (value: string | Uint8Array | undefined): string =>
    typeof value === 'string' ? oneLine(value).replace(/["$`\\]/g, '') : '';
  return keys
    .map((key) => (key === 'EAPI' ? `EAPI=${safe(files.get(key))}\n` : `${key}="${safe(files.get(key))}"\n`))
    .join('');
}

/** Portage looks for the directory `image` even when nothing is in it. */
function imageMembers(image: readonly TarInput[]): TarInput[] {
  return [
    { kind: 'directory', path: 'image' },
    ...image.map((member) => ({ ...member, path: `image/${member.path}` })),
  ];
}
