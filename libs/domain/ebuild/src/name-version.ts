const PACKAGE = /^\w[\w+-]*$/;
const VERSION = /^\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*$/;
const REVISION = /^r\d+$/;

/** Whether a text may be the name of a package, apart from how it ends (PMS 3.1.2). */
export function isPackageName(text: string): boolean {
  return PACKAGE.test(text);
}

/**
 * Where the hyphen stands before the version that a text ends with, and -1 where it ends with none.
 * It is only ever one place: a revision is no version of its own.
 */
export function versionHyphen(text: string, end: number = text.length): number {
  const last = text.lastIndexOf('-', end - 1);
  if (last === -1 || end === 0) return -1;
  const tail = text.slice(last + 1, end);
  if (VERSION.test(tail)) return last;
  if (!REVISION.test(tail) || last === 0) return -1;
  const before = text.lastIndexOf('-', last - 1);
  return before !== -1 && VERSION.test(text.slice(before + 1, last)) ? before : -1;
}
