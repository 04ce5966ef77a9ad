import { bytesOf, latin1Of, textOf } from './text.js';

/** The `length key=value\n` records of a pax header (POSIX 1003.1), or `undefined` when they are malformed. */
export function parsePaxRecords(content: Uint8Array): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>();
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    if (space === -1 || space - at > 6) return undefined;
    const digits = latin1Of(content.subarray(at, space));
    if (!/^[1-9]\d*$/.test(digits)) return undefined;
    const end = at + Number(digits);
    if (end > content.length || end <= space + 1 || content[end - 1] !== 0x0a) return undefined;
    const record = textOf(content.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    if (equals < 1) return undefined;
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

/** One record in bytes; its length counts its own digits. */
export function paxRecord(key: string, value: string): Uint8Array {
  const body = bytesOf(` ${key}=${value}\n`);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  const record = new Uint8Array(length);
  record.set(bytesOf(String(length)));
  record.set(body, length - body.length);
  return record;
}
