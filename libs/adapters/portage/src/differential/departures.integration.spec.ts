import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import {
  checkRequiredUse,
  evaluateUseDeps,
  matchesAtom,
  parseAtom,
  parseDependencies,
  parseTokens,
  parseVersion,
  printAtom,
  splitCpv,
} from '@swarm/domain-ebuild';

import { ensurePortage } from '../ensure-portage.js';
import { askPortage, type Question } from './oracle.fixture.js';

const workspace = join(import.meta.dirname, '..', '..', '..', '..', '..');
const setup = await ensurePortage({ cacheDir: join(workspace, '.cache') });
/** The accidents are of this Portage; another may have mended them. */
const known = setup.kind === 'ready' && setup.portage.version.startsWith('3.0.82');
const describeWithPortage = known ? describe : describe.skip;

async function portageSays(question: Question): Promise<unknown> {
  if (setup.kind !== 'ready') throw new Error(setup.reason);
  return (await askPortage(setup.portage, [question]))[0];
}

/** Where Portage is not followed: accidents of Portage 3.0.82, which the specification does not have. */
describeWithPortage('where Portage departs from the specification, and is not followed', () => {
  it.each(['1.0\n', '1.٣'])('it takes %j for a version', async (text) => {
    expect(await portageSays({ kind: 'version', a: text, b: '1' })).toMatchObject({ valid: [true, true] });
    expect(parseVersion(text).ok).toBe(false);
  });

  it('it takes a CPV with a line feed behind it', async () => {
    expect(await portageSays({ kind: 'cpv', text: 'a/b-1\n' })).toEqual(['a', 'b', '1', 'r0']);
    expect(splitCpv('a/b-1\n').ok).toBe(false);
  });

  it.each(['a/b\u00a0c/d', 'a/b\u2003c/d', 'a/b\u001cc/d'])('it takes %j for two words', async (text) => {
    expect(await portageSays({ kind: 'use_reduce', text, use: [] })).toEqual(['a/b', 'c/d']);
    expect(parseDependencies(text).ok).toBe(false);
  });

  it('it takes "^^" for a token in LICENSE, with a group behind it', async () => {
    const text = '^^ ( GPL-2 MIT )';
    expect(await portageSays({ kind: 'use_reduce', tokens: 'word', text, use: [] })).toEqual([
      '^^',
      'GPL-2',
      'MIT',
    ]);
    expect(parseTokens(text)).toMatchObject({ ok: false, error: { column: 1 } });
  });

  it('it forgets the repository when it evaluates an atom', async () => {
    const text = 'a/b::gentoo[c?]';
    expect(await portageSays({ kind: 'atom', text, use: ['c'] })).toMatchObject({ evaluated: 'a/b[c]' });
    const atom = parseAtom(text);
    expect(atom.ok && printAtom(evaluateUseDeps(atom.value, new Set(['c'])))).toBe('a/b::gentoo[c]');
  });

  it('it matches another package whose name begins like the version', async () => {
    const facts = { cpv: 'a/b-1-c-2', slot: '0', subslot: '0', repository: undefined, use: [], iuse: [] };
    expect(await portageSays({ kind: 'match', text: '=a/b-1*', packages: [facts] })).toEqual([true]);
    const [atom, cpv] = [parseAtom('=a/b-1*'), splitCpv(facts.cpv)];
    if (!atom.ok || !cpv.ok) throw new Error('malformed');
    expect(matchesAtom(atom.value, { ...facts, cpv: cpv.value, use: new Set(), iuse: new Set() })).toBe(
      false,
    );
  });

  it('it checks REQUIRED_USE in EAPIs that have none', async () => {
    expect(await portageSays({ kind: 'required_use', text: 'a', eapi: '3', use: ['a'], iuse: ['a'] })).toBe(
      true,
    );
    expect(checkRequiredUse('a', { use: new Set(['a']), eapi: '3' }).ok).toBe(false);
  });

  it('it nests groups as deep as there is memory', async () => {
    const text = `${'( '.repeat(300)}a/b${' )'.repeat(300)}`;
    expect(await portageSays({ kind: 'use_reduce', text, use: [] })).toEqual(['a/b']);
    expect(parseDependencies(text)).toMatchObject({
      ok: false,
      error: { message: 'nested deeper than 256 levels' },
    });
  });
});
