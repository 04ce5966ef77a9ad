/** Everything at which Python's `str.split()` or a line reader of a client may break, and other control characters. */
const breaks = /[\s\u0000-\u001f\u007f\u0085]+/gu;

const utf8 = new TextDecoder('utf-8');
const latin1 = new TextDecoder('latin1');

/** A metadata value as Portage shows it: words separated by single spaces, so that it cannot leave its line. */
export function oneLine(text: string): string {
  return text.replace(breaks, ' ').trim();
}

/** Bytes as UTF-8, where what is not UTF-8 becomes the replacement character. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** Bytes as one character each; never fails and never merges. */
export function latin1Of(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Order of Python's `str` for the characters that occur here: by code point, never by locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
