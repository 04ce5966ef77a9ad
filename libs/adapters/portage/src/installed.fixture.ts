import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  evaluateDependencies,
  parseDependencies,
  printDependencies,
  type Atom,
  type EvaluatedNode,
} from '@swarm/domain-ebuild';

import type { PlanDocument } from './plan-document.js';

const CLASSES = ['DEPEND', 'BDEPEND', 'RDEPEND', 'PDEPEND', 'IDEPEND'] as const;

/**
 * Makes everything that a document lists installed in a ROOT, as far as Portage's own records go: what it would have
 * written after building just these packages, slot operators bound. No file is installed beside.
 */
export async function pretendInstalled(root: string, document: PlanDocument): Promise<void> {
  for (const [i, found] of document.packages.entries()) {
    const slotOf = new Map(
      document.edges
        .filter(({ parent }) => parent === i)
        .map(({ child }) => document.packages[child])
        .flatMap((child) => (child ? [[child.cp, `${child.slot}/${child.subslot}`] as const] : [])),
    );
    const use = new Set(found.useFull);
    const dependencies = CLASSES.map((name): [string, string] => {
      const parsed = parseDependencies(found.dependencies[name] ?? '', { eapi: '8' });
      if (!parsed.ok) throw new Error(parsed.error.message);
      return [name, printDependencies(bound(evaluateDependencies(parsed.value, use, { eapi: '8' }), slotOf))];
    });
    const directory = join(root, 'var', 'db', 'pkg', found.category, `${found.pn}-${found.version}`);
    await mkdir(directory, { recursive: true });
    const records: Record<string, string> = {
      ...Object.fromEntries(dependencies),
      CATEGORY: found.category,
      PF: `${found.pn}-${found.version}`,
      SLOT: found.slot === found.subslot ? found.slot : `${found.slot}/${found.subslot}`,
      USE: found.useFull.join(' '),
      IUSE: found.iuse.join(' '),
      IUSE_EFFECTIVE: [...found.iuse.map((flag) => flag.replace(/^[+-]/, '')), ...found.useFull].join(' '),
      EAPI: found.eapi,
      KEYWORDS: found.keywords.join(' '),
      LICENSE: found.license,
      DEFINED_PHASES: found.definedPhases.join(' '),
      repository: found.repository,
      BUILD_TIME: '1',
      COUNTER: String(i + 1),
      CONTENTS: '',
    };
    for (const [name, value] of Object.entries(records)) await writeFile(join(directory, name), `${value}\n`);
  }
}

/** `:=` becomes `:slot/sub-slot=`, as Portage writes it down after a build. */
function bound(
  nodes: readonly EvaluatedNode[],
  slotOf: ReadonlyMap<string, string>,
): readonly EvaluatedNode[] {
  return nodes.map((node): EvaluatedNode => {
    if (node.kind !== 'item') return { ...node, children: bound(node.children, slotOf) };
    return { kind: 'item', item: boundAtom(node.item, slotOf) };
  });
}

function boundAtom(atom: Atom, slotOf: ReadonlyMap<string, string>): Atom {
  const slotted = slotOf.get(atom.name);
  if (slotted === undefined || atom.slot === undefined || atom.blocker !== undefined) return atom;
  const [slot = '', subslot = slot] = slotted.split('/');
  const binds = atom.slot.kind === 'named' ? atom.slot.rebuild : atom.slot.kind === 'any-rebuild';
  return binds ? { ...atom, slot: { kind: 'named', slot, subslot, rebuild: true } } : atom;
}
