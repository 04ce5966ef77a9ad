import { latin1Of, textOf } from './text.js';

/** Size of a header and unit of padding (POSIX pax, 1003.1). */
export const blockBytes = 512;
/** Archives written by Python, GNU tar and Portage are filled up to a multiple of this. */
export const recordBytes = 10240;

/** What a header block says, before long names are applied. */
export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  /** Type flag as one character; `0` for a regular file. */
  readonly typeFlag: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
}

const checksumAt = 148;
const checksumBytes = 8;

/** Reads one header block; `undefined` when it is none: wrong magic, wrong checksum, unreadable number. */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.length !== blockBytes) return undefined;
  const magic = latin1Of(block.subarray(257, 265));
  const gnu = magic === 'ustar  \0';
  if (!gnu && magic !== 'ustar\x0000') return undefined;
  if (!checksumHolds(block)) return undefined;
  const mode = numberField(block, 100, 8);
  const sizeBytes = numberField(block, 124, 12);
  const mtimeSeconds = numberField(block, 136, 12);
  if (mode === undefined || sizeBytes === undefined || mtimeSeconds === undefined) return undefined;
  const prefix = gnu ? '' : textField(block, 345, 155);
  const name = textField(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: textField(block, 157, 100),
    typeFlag: block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0),
    mode,
    sizeBytes,
    mtimeSeconds,
  };
}

/** The sum over a block with its own field taken as spaces. */
export function tarChecksum(block: Uint8Array): number {
  let sum = checksumBytes * 0x20;
  for (let at = 0; at < block.length; at += 1) {
    if (at < checksumAt || at >= checksumAt + checksumBytes) sum += block[at] ?? 0;
  }
  return sum;
}

/** Writes the sum as six octal digits, NUL, space: the one form that Python and GNU tar write. */
export function checksumField(sum: number): string {
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

/** Only the canonical spelling holds, so that no flipped bit of the field itself passes. */
function checksumHolds(block: Uint8Array): boolean {
  const written = latin1Of(block.subarray(checksumAt, checksumAt + checksumBytes));
  return written === checksumField(tarChecksum(block));
}

function textField(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return textOf(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or base 256 as GNU writes numbers that do not fit. Negative and huge ones are refused. */
function numberField(block: Uint8Array, at: number, length: number): number | undefined {
  const field = block.subarray(at, at + length);
  if (field[0] === 0x80) {
    let value = 0;
    for (const byte of field.subarray(1)) {
      value = value * 256 + byte;
      if (value > Number.MAX_SAFE_INTEGER) return undefined;
    }
    return value;
  }
  const digits = latin1Of(field)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}
