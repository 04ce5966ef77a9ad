import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/** Texts of real packages, each once. */
export interface RealTexts {
  readonly cpvs: readonly string[];
  readonly versions: readonly string[];
  readonly atoms: readonly string[];
  readonly dependencies: readonly string[];
  readonly licenses: readonly string[];
}

/** What is in a compressed `Packages` index; nothing where the file cannot be read, since no test depends on it. */
export async function realTexts(path: string): Promise<RealTexts | undefined> {
  const packed = await readFile(path).catch(() => undefined);
  if (packed === undefined) return undefined;
  const lines = gunzipSync(packed).toString('utf8').split('\n');
  const valuesOf = (key: RegExp): string[] => [
    ...new Set(lines.filter((line) => key.test(line)).map((line) => line.slice(line.indexOf(': ') + 2))),
  ];
  const cpvs = valuesOf(/^CPV: /);
  const dependencies = valuesOf(/^[BIRP]?DEPEND: /);
  const words = new Set(dependencies.flatMap((text) => text.split(' ')));
  return {
    cpvs,
    versions: [...new Set(cpvs.map((cpv) => cpv.replace(/^.*?-(?=\d[^-]*(?:-r\d+)?$)/, '')))].sort(),
    atoms: [...words].filter((word) => word.includes('/')),
    dependencies,
    licenses: valuesOf(/^LICENSE: /),
  };
}
