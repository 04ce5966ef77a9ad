import { type BinpkgMetadata, syntheticKey } from './binpkg-metadata.js';
import { compressionSuffix } from './gpkg-container.js';
import type { DigestOf } from './gpkg.js';
import { manifestLine } from './gpkg-manifest.js';
import { type TarInput, writeTar } from './tar-writer.js';
import { bytesOf } from './text.js';

/** What to put into a GPKG. */
export interface GpkgSpec {
  readonly category: string;
  /** Name and version: `greet-1.0-r1`. */
  readonly pf: string;
  /** 1 or more. */
  readonly buildId: number;
  /** Further metadata files; CATEGORY, PF, BUILD_ID, and where missing BUILD_TIME, EAPI, SLOT and SIZE, are filled in. */
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
  /** Without it the inner archives stay uncompressed, which Portage 3.0.83 installs. */
  readonly compress?: { readonly kind: 'gzip' | 'zstd'; readonly apply: (bytes: Uint8Array) => Uint8Array };
}

/** Writes an unsigned GPKG (GLEP 78). The same input gives the same bytes. */
export function writeGpkg(spec: GpkgSpec, ports: WriteGpkgPorts): Uint8Array {
  const base = `${spec.pf}-${spec.buildId}`;
  const suffix = compressionSuffix(ports.compress?.kind ?? 'none');
  const pack = (members: readonly TarInput[]): Uint8Array => {
    const archive = writeTar(members, spec.mtimeSeconds);
    return ports.compress === undefined ? archive : ports.compress.apply(archive);
  };
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

function metadataMembers(spec: GpkgSpec): TarInput[] {
  const installedBytes = spec.image.reduce(
    (sum, member) => sum + (member.kind === 'file' ? member.content.length : 0),
    0,
  );
  const files = new Map<string, string | Uint8Array>([
    ['BUILD_TIME', String(spec.mtimeSeconds)],
    ['EAPI', '8'],
    ['SLOT', '0'],
    ['SIZE', String(installedBytes)],
    ...spec.metadata,
    ['CATEGORY', spec.category],
    ['PF', spec.pf],
    ['BUILD_ID', String(spec.buildId)],
    ...(spec.synthetic ? ([[syntheticKey, '1']] as const) : []),
  ]);
  return [...files].map(([key, value]) => ({
    kind: 'file',
    path: `metadata/${key}`,
    content: typeof value === 'string' ? bytesOf(value.endsWith('\n') ? value : `${value}\n`) : value,
  }));
}

/** Portage looks for the directory `image` even when nothing is in it. */
function imageMembers(image: readonly TarInput[]): TarInput[] {
  return [
    { kind: 'directory', path: 'image' },
    ...image.map((member) => ({ ...member, path: `image/${member.path}` })),
  ];
}
