import { paxRecord } from './pax-records.js';
import { blockBytes, checksumField, recordBytes, tarChecksum } from './tar-header.js';
import { bytesOf } from './text.js';

/** One member to write. Paths are relative and have no trailing slash. */
export type TarInput =
  | { readonly kind: 'file'; readonly path: string; readonly content: Uint8Array; readonly mode?: number }
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly linkName: string };

const nameBytes = 100;
const prefixBytes = 155;
const longestUstarSize = 0o77777777777;
const typeFlags = { file: '0', directory: '5', symlink: '2' } as const;

/**
 * Writes a ustar archive, with a pax header where a name does not fit; owner root, one time for all.
 * The same input gives the same bytes.
 */
export function writeTar(members: readonly TarInput[], mtimeSeconds: number): Uint8Array {
  const blocks = members.flatMap((member) => memberBlocks(member, mtimeSeconds));
  const used = blocks.reduce((sum, block) => sum + block.length, 0);
  const archive = new Uint8Array(Math.ceil((used + 2 * blockBytes) / recordBytes) * recordBytes);
  let at = 0;
  for (const block of blocks) {
    archive.set(block, at);
    at += block.length;
  }
  return archive;
}

function memberBlocks(member: TarInput, mtimeSeconds: number): Uint8Array[] {
  const path = member.kind === 'directory' ? `${member.path}/` : member.path;
  const linkName = member.kind === 'symlink' ? member.linkName : '';
  const content = member.kind === 'file' ? member.content : new Uint8Array();
  const mode = 'mode' in member ? member.mode : undefined;
  const fallbackMode = { file: 0o644, directory: 0o755, symlink: 0o777 }[member.kind];
  const split = splitName(path);
  const tooLong =
    split === undefined || bytesOf(linkName).length > nameBytes || content.length > longestUstarSize;
  const fields = {
    typeFlag: typeFlags[member.kind],
    name: split?.name ?? bytesOf(path).subarray(0, nameBytes),
    prefix: split?.prefix ?? new Uint8Array(),
    linkName: bytesOf(linkName).subarray(0, nameBytes),
    mode: mode ?? fallbackMode,
    sizeBytes: content.length,
    mtimeSeconds,
  };
  return [
    ...(tooLong ? paxBlocks(path, linkName, mtimeSeconds) : []),
    headerBlock(fields),
    ...contentBlocks(content),
  ];
}

function paxBlocks(path: string, linkName: string, mtimeSeconds: number): Uint8Array[] {
  const records = [paxRecord('path', path), ...(linkName === '' ? [] : [paxRecord('linkpath', linkName)])];
  const body = new Uint8Array(records.reduce((sum, record) => sum + record.length, 0));
  let at = 0;
  for (const record of records) {
    body.set(record, at);
    at += record.length;
  }
  const header = headerBlock({
    typeFlag: 'x',
    name: bytesOf('././@PaxHeader'),
    prefix: new Uint8Array(),
    linkName: new Uint8Array(),
    mode: 0o644,
    sizeBytes: body.length,
    mtimeSeconds,
  });
  return [header, ...contentBlocks(body)];
}

interface HeaderFields {
  readonly typeFlag: string;
  readonly name: Uint8Array;
  readonly prefix: Uint8Array;
  readonly linkName: Uint8Array;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
}

function headerBlock(fields: HeaderFields): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const octal = (value: number, digits: number): Uint8Array =>
    bytesOf(`${value.toString(8).padStart(digits, '0')}\0`);
  block.set(fields.name, 0);
  block.set(octal(fields.mode, 7), 100);
  block.set(octal(0, 7), 108);
  block.set(octal(0, 7), 116);
  block.set(octal(fields.sizeBytes, 11), 124);
  block.set(octal(fields.mtimeSeconds, 11), 136);
  block.set(bytesOf(fields.typeFlag), 156);
  block.set(fields.linkName, 157);
  block.set(bytesOf('ustar\x0000root'), 257);
  block.set(bytesOf('root'), 297);
  block.set(fields.prefix, 345);
  block.set(bytesOf(checksumField(tarChecksum(block))), 148);
  return block;
}

function contentBlocks(content: Uint8Array): Uint8Array[] {
  const padding = (blockBytes - (content.length % blockBytes)) % blockBytes;
  return [content, ...(padding === 0 ? [] : [new Uint8Array(padding)])];
}

/** Splits a path at a slash so that both halves fit their ustar fields; `undefined` when no slash does. */
function splitName(path: string): { readonly name: Uint8Array; readonly prefix: Uint8Array } | undefined {
  if (bytesOf(path).length <= nameBytes) return { name: bytesOf(path), prefix: new Uint8Array() };
  for (
    let slash = path.indexOf('/');
    slash !== -1 && slash < path.length - 1;
    slash = path.indexOf('/', slash + 1)
  ) {
    const name = bytesOf(path.slice(slash + 1));
    const prefix = bytesOf(path.slice(0, slash));
    if (name.length <= nameBytes && prefix.length <= prefixBytes) return { name, prefix };
  }
  return undefined;
}
