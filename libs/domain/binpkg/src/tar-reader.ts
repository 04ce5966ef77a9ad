import { ok, type Result } from '@swarm/kernel';

import type { ByteSource } from './byte-source.js';
import { type ArtifactRefusal, refusal } from './refusal.js';
import { parsePaxRecords } from './pax-records.js';
import { blockBytes, parseTarHeader, recordBytes, type TarHeader } from './tar-header.js';
import { textOf } from './text.js';

export type TarMemberKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'fifo';

/** One member of an archive; its content stays in the source. */
export interface TarMember {
  /** Relative path without a trailing slash; never absolute, never with `..`, NUL or an empty part. */
  readonly path: string;
  readonly kind: TarMemberKind;
  /** Permission bits. */
  readonly mode: number;
  readonly mtimeSeconds: number;
  /** Target of a link; not checked, for symbolic links may point anywhere. */
  readonly linkName: string;
  /** Where the content begins in the source. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** What an archive may cost. */
export interface TarLimits {
  readonly members: number;
  readonly pathBytes: number;
}

/** Longest pax or GNU header that is read, in bytes. */
export const longestExtensionBytes = 64 * 1024;
const kinds: Readonly<Record<string, TarMemberKind>> = {
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'fifo',
};

/** Long names and sizes that a pax or GNU header announces for the next member. */
export interface TarExtension {
  readonly path?: string;
  readonly linkName?: string;
  readonly sizeBytes?: number;
}

/**
 * Lists the members of a tar archive: ustar, pax and GNU (long names, base-256 sizes).
 * Every header's checksum is verified, every size lies inside the source, padding and all that follows the end are zeros,
 * and the whole fills records of 10,240 bytes; so neither a cut nor a flipped bit outside of the contents passes.
 */
export function readTar(
  source: ByteSource,
  limits: TarLimits,
): Result<readonly TarMember[], ArtifactRefusal> {
  const members: TarMember[] = [];
  let pending: TarExtension = {};
  let at = 0;
  for (;;) {
    const block = source.read(at, blockBytes);
    if (block.length < blockBytes)
      return refusal('truncated', `the archive ends inside a header, at byte ${at}`);
    if (isZero(block)) break;
    const header = parseTarHeader(block);
    if (header === undefined) return refusal('malformed-container', `no valid tar header at byte ${at}`);
    const contentAt = at + blockBytes;
    const sizeBytes = isExtension(header) ? header.sizeBytes : (pending.sizeBytes ?? header.sizeBytes);
    const next = contentAt + Math.ceil(sizeBytes / blockBytes) * blockBytes;
    if (next > source.sizeBytes)
      return refusal('truncated', `${header.name} ends beyond the end of the archive`);
    if (!isZero(source.read(contentAt + sizeBytes, next - contentAt - sizeBytes))) {
      return refusal('malformed-container', `the padding after ${header.name} is not zero`);
    }
    if (isExtension(header)) {
      const read = readExtension(
        header,
        source.read(contentAt, Math.min(sizeBytes, longestExtensionBytes + 1)),
      );
      if (!read.ok) return read;
      pending = { ...pending, ...read.value };
    } else {
      const member = memberOf(header, { ...pending, sizeBytes }, contentAt, limits);
      if (!member.ok) return member;
      if (members.length >= limits.members)
        return refusal('malformed-container', `more than ${limits.members} members`);
      members.push(member.value);
      pending = {};
    }
    at = next;
  }
  const end = checkEnd(source, at);
  return end.ok ? ok(members) : end;
}

function memberOf(
  header: TarHeader,
  pending: TarExtension,
  offsetBytes: number,
  limits: TarLimits,
): Result<TarMember, ArtifactRefusal> {
  const kind = kinds[header.typeFlag];
  const written = pending.path ?? header.name;
  if (kind === undefined)
    return refusal(
      'malformed-container',
      `${written} has the unknown type ${JSON.stringify(header.typeFlag)}`,
    );
  const path = safePath(written, limits.pathBytes);
  if (path === undefined)
    return refusal('unsafe-path', `${JSON.stringify(written.slice(0, 200))} is not a safe relative path`);
  return ok({
    path,
    kind,
    mode: header.mode & 0o7777,
    mtimeSeconds: header.mtimeSeconds,
    linkName: pending.linkName ?? header.linkName,
    offsetBytes,
    sizeBytes: pending.sizeBytes ?? header.sizeBytes,
  });
}

/** The path without `./` before and `/` behind, or `undefined` when it might leave its directory. */
function safePath(written: string, longestBytes: number): string | undefined {
  const path = written.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  if (path === '' || path.length > longestBytes || path.startsWith('/') || path.includes('\0'))
    return undefined;
  return path.split('/').some((part) => part === '' || part === '.' || part === '..') ? undefined : path;
}

/** Whether a header speaks of the next member instead of being one. */
export function isExtension(header: TarHeader): boolean {
  return 'xgLK'.includes(header.typeFlag);
}

/** What the content of an extension says of the next member. */
export function readExtension(header: TarHeader, content: Uint8Array): Result<TarExtension, ArtifactRefusal> {
  if (content.length > longestExtensionBytes)
    return refusal('malformed-container', `extended header longer than ${longestExtensionBytes} bytes`);
  if (header.typeFlag === 'L') return ok({ path: withoutNul(content) });
  if (header.typeFlag === 'K') return ok({ linkName: withoutNul(content) });
  const records = parsePaxRecords(content);
  if (records === undefined) return refusal('malformed-container', 'unreadable pax header');
  // A global header changes later members too; names and sizes in one are refused, the rest is of no concern here.
  if (header.typeFlag === 'g') {
    return records.has('path') || records.has('size')
      ? refusal('malformed-container', 'a global pax header names a member')
      : ok({});
  }
  const path = records.get('path');
  const linkName = records.get('linkpath');
  const size = records.get('size');
  if (size !== undefined && !/^\d{1,15}$/.test(size))
    return refusal('malformed-container', 'unreadable size in a pax header');
  return ok({
    ...(path === undefined ? {} : { path }),
    ...(linkName === undefined ? {} : { linkName }),
    ...(size === undefined ? {} : { sizeBytes: Number(size) }),
  });
}

function withoutNul(content: Uint8Array): string {
  const end = content.indexOf(0);
  return textOf(end === -1 ? content : content.subarray(0, end));
}

/** Two zero blocks end an archive, zeros fill its last record, and nothing else follows. */
function checkEnd(source: ByteSource, at: number): Result<void, ArtifactRefusal> {
  const rest = source.sizeBytes - at;
  if (rest < 2 * blockBytes || source.sizeBytes % recordBytes !== 0)
    return refusal('truncated', 'the archive lacks its end');
  if (rest > recordBytes + 2 * blockBytes)
    return refusal('malformed-container', 'data after the end of the archive');
  return isZero(source.read(at, rest))
    ? ok(undefined)
    : refusal('malformed-container', 'data after the end of the archive');
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
