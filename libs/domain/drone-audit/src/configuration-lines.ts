/** Files below etc/portage that say where ebuilds and binaries come from; the swarm settles that itself. */
const NOT_COMPARED = /^(?:repos\.conf|binrepos\.conf|make\.conf|savedconfig)(?:\/|$)/;
/** Names of files that Portage passes over. */
const PASSED_OVER = /(?:^|\/)(?:\.[^/]*|[^/]*~|[^/]*\.bak|CVS)(?:\/|$)/;

/**
 * What the files below etc/portage say, by kind (`package.use`, `package.mask`, …): each directive once, comments and
 * spaces left out. Where a line stands, and in which file of a directory, does not matter.
 */
export function directivesOf(
  files: Readonly<Record<string, string>>,
): ReadonlyMap<string, readonly string[]> {
  const byKind = new Map<string, Set<string>>();
  for (const [path, text] of Object.entries(files)) {
    if (NOT_COMPARED.test(path) || PASSED_OVER.test(path)) continue;
    const kind = kindOf(path);
    const lines = linesOf(text).map((line) => (kind.startsWith('package.') ? normalized(line) : line));
    if (lines.length === 0) continue;
    const known = byKind.get(kind) ?? new Set();
    byKind.set(kind, known);
    for (const line of lines) known.add(line);
  }
  return new Map([...byKind].map(([kind, lines]) => [kind, [...lines].sort(inOrder)]));
}

/** The assignments of a make.conf, by name; a value over several lines is one value, and the last one of a name counts. */
export function assignmentsOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const assignment =
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(?:"((?:[^"\\]|\\[^])*)"|'([^']*)'|([^\s#]*))/gm;
  for (const [, name = '', double, single, bare] of text.matchAll(assignment)) {
    found.set(name, (double ?? single ?? bare ?? '').replaceAll(/\\\n/g, ' ').trim());
  }
  return found;
}

/** `package.use/gui` is of the kind `package.use`; patches and the like are files of their own. */
function kindOf(path: string): string {
  const [first = path] = path.split('/');
  return first.startsWith('package.') ? first : path;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/(?:^|\s)#.*$/, '')
        .trim()
        .replaceAll(/\s+/g, ' '),
    )
    .filter((line) => line !== '');
}

/** Flags of one line in order, since their order says nothing. */
function normalized(line: string): string {
  const [atom = '', ...words] = line.split(' ');
  return [atom, ...words.sort(inOrder)].join(' ');
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
