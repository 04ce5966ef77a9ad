import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { printAtom } from './atom.js';
import {
  evaluateDependencies,
  evaluateTokens,
  flattenAtoms,
  parseDependencies,
  parseTokens,
  printDependencies,
  printTokens,
} from './dependencies.js';
import type { DependencyNode, EvaluatedNode } from './dependency-node.js';
import { type Eapi, eapis } from './eapi.js';
import { casesOf, flagsOf, textOf } from './fixture.arbitrary.js';
import { anything, dependencies, flag, specification } from './language.arbitrary.js';
import { chosenAtoms, satisfiedBy } from './satisfy.js';
import { printReduced, useReduce } from './use-reduce.js';

function nodesOf(text: string, eapi?: Eapi): readonly DependencyNode[] {
  const nodes = parseDependencies(text, { eapi });
  if (!nodes.ok) throw new Error(`${text}: ${nodes.error.message}`);
  return nodes.value;
}

/** Over few flags and few packages, so that conditions and alternatives meet. */
const small = specification(fc.constantFrom('a/b', 'c/d', 'e/f', '!g/h'), ['||']).map((text) =>
  text.replace(/[^\s!]+\?/g, (condition) => `${'xyz'.charAt(condition.length % 3)}?`),
);
const someFlags = fc.subarray(['x', 'y', 'z']);
const someAtoms = fc.subarray(['a/b', 'c/d', 'e/f', '!g/h']).map((atoms) => new Set(atoms));

describe('parseDependencies', () => {
  it.each(casesOf('dependencies_invalid.txt'))(
    'under EAPI %s points at column %s of %j',
    (eapi, column, text = '') => {
      const nodes = parseDependencies(text, { eapi: eapi as Eapi });
      expect(nodes).toMatchObject({ ok: false, error: { column: Number(column) } });
    },
  );

  it('reads back what it prints, whatever blanks stand between the words', () => {
    fc.assert(
      fc.property(dependencies, fc.constantFrom(' ', '\n\t', '  '), (text, blank) => {
        const nodes = nodesOf(text, '8');
        expect(printDependencies(nodes)).toBe(text);
        expect(nodesOf(`${blank}${text.replaceAll(' ', blank)}${blank}`, '8')).toEqual(nodes);
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, and points into the text or right behind it', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom<Eapi | undefined>(undefined, ...eapis), (text, eapi) => {
        for (const nodes of [
          parseDependencies(text, { eapi }),
          parseTokens(text, { eapi }),
          parseTokens(text, { eapi, tokens: 'src-uri' }),
        ]) {
          if (!nodes.ok) expect(nodes.error.column >= 1 && nodes.error.column <= text.length + 1).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('points into the word that is spoilt', () => {
    fc.assert(
      fc.property(dependencies, fc.nat(), (text, place) => {
        const at = place % (text.length + 1);
        const spoilt = `${text.slice(0, at)}#${text.slice(at)}`;
        const word = spoilt.lastIndexOf(' ', at) + 2;
        const nodes = parseDependencies(spoilt);
        expect(!nodes.ok && nodes.error.column >= word && nodes.error.column <= at + 1).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('has an end to nesting, not to length', () => {
    const nested = (depth: number): string => `${'( '.repeat(depth)}a/b${' )'.repeat(depth)}`;
    expect(parseDependencies(nested(256)).ok).toBe(true);
    expect(parseDependencies(nested(257))).toMatchObject({ ok: false, error: { column: 513 } });
    expect(parseDependencies(nested(100_000)).ok).toBe(false);
    expect(nodesOf('a/b '.repeat(10_000))).toHaveLength(10_000);
  });
});

describe('evaluateDependencies', () => {
  it.each(casesOf('dependencies_evaluated.txt'))(
    'under EAPI %s with %s: %s',
    (eapi, flags, text, evaluated, reduced) => {
      const options = { eapi: eapi as Eapi };
      const nodes = nodesOf(textOf(text), options.eapi);
      expect(printDependencies(evaluateDependencies(nodes, flagsOf(flags), options))).toBe(textOf(evaluated));
      expect(printReduced(useReduce(nodes, flagsOf(flags), options))).toBe(textOf(reduced));
    },
  );

  it('is done once: a second time changes nothing', () => {
    fc.assert(
      fc.property(dependencies, fc.array(flag), fc.constantFrom<Eapi>('6', '8'), (text, flags, eapi) => {
        const once = evaluateDependencies(nodesOf(text, eapi), new Set(flags), { eapi });
        expect(evaluateDependencies(once, new Set(), { eapi })).toEqual(once);
      }),
    );
  });

  it('asks for what the conditions ask for, element by element', () => {
    fc.assert(
      fc.property(small, someFlags, someAtoms, (text, flags, there) => {
        const nodes = nodesOf(text);
        const use = new Set(flags);
        const has = (atom: string): boolean => there.has(atom);
        const evaluated = evaluateDependencies(nodes, use);
        expect(satisfiedBy(evaluated, (atom) => has(printAtom(atom)))).toBe(
          nodes.every((node) => meant(node, use, has) ?? true),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

/** What a node means, straight from the specification; `undefined` where it asks for nothing. */
function meant(
  node: DependencyNode,
  use: ReadonlySet<string>,
  has: (atom: string) => boolean,
): boolean | undefined {
  if (node.kind === 'item') return has(printAtom(node.item));
  if (node.kind === 'use-conditional' && use.has(node.flag) === node.negated) return undefined;
  const parts = node.children.map((child) => meant(child, use, has)).filter((part) => part !== undefined);
  if (node.kind === 'any-of') return parts.includes(true);
  return parts.length === 0 ? undefined : !parts.includes(false);
}

describe('chosenAtoms', () => {
  it('takes the first alternative that is satisfied, whole', () => {
    const nodes = evaluateDependencies(nodesOf('|| ( ( a/b c/d ) ( a/b e/f ) g/h ) i/j'), new Set());
    const chosen = chosenAtoms(nodes, ({ name }) => name !== 'c/d');
    expect(chosen.ok && chosen.value.map(printAtom)).toEqual(['a/b', 'e/f', 'i/j']);
  });

  it('names every element that is not satisfied', () => {
    const nodes = evaluateDependencies(nodesOf('a/b || ( c/d e/f ) g/h'), new Set());
    const chosen = chosenAtoms(nodes, ({ name }) => name === 'a/b');
    expect(!chosen.ok && printDependencies(chosen.error)).toBe('|| ( c/d e/f ) g/h');
  });

  it('agrees with satisfiedBy, and chooses nothing that is not satisfied', () => {
    fc.assert(
      fc.property(small, someFlags, someAtoms, (text, flags, there) => {
        const evaluated = evaluateDependencies(nodesOf(text), new Set(flags));
        const has = (atom: Parameters<typeof printAtom>[0]): boolean => there.has(printAtom(atom));
        const chosen = chosenAtoms(evaluated, has);
        expect(chosen.ok).toBe(satisfiedBy(evaluated, has));
        if (chosen.ok) expect(satisfiedBy(evaluated, (atom) => chosen.value.includes(atom))).toBe(true);
        if (chosen.ok) expect(chosen.value.every(has)).toBe(true);
        else expect(chosen.error.some((node: EvaluatedNode) => satisfiedBy([node], has))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('flattenAtoms', () => {
  it('finds every atom, from left to right', () => {
    expect(flattenAtoms(nodesOf('a/b x? ( || ( c/d[y?] ( !e/f ) ) )')).map(printAtom)).toEqual([
      'a/b',
      'c/d[y?]',
      '!e/f',
    ]);
  });
});

describe('parseTokens', () => {
  it('reads licences', () => {
    const nodes = parseTokens('GPL-2+ || ( MIT x? ( BSD ) )');
    if (!nodes.ok) throw new Error(nodes.error.message);
    expect(printTokens(nodes.value)).toBe('GPL-2+ || ( MIT x? ( BSD ) )');
    expect(printTokens(evaluateTokens(nodes.value, new Set()))).toBe('GPL-2+ MIT');
  });

  it('reads sources', () => {
    const text = 'https://example.org/a.tar -> b.tar x? ( mirror://gnu/c.tar )';
    const nodes = parseTokens(text, { tokens: 'src-uri', eapi: '8' });
    expect(nodes.ok && printTokens(nodes.value)).toBe(text);
  });

  it.each<[Eapi, 'word' | 'src-uri', number, string]>([
    ['8', 'word', 3, 'a -> b'],
    ['8', 'word', 1, '^^ ( a b )'],
    ['8', 'src-uri', 1, '|| ( a b )'],
    ['8', 'src-uri', 3, 'a ->'],
    ['8', 'src-uri', 3, 'a -> b/c'],
    ['8', 'src-uri', 3, 'a -> ( b )'],
    ['8', 'src-uri', 3, 'a -> -> b'],
    ['1', 'src-uri', 3, 'a -> b'],
    ['7', 'src-uri', 3, 'a fetch+https://example.org/b'],
  ])('under EAPI %s refuses, in %s, at column %d: %s', (eapi, tokens, column, text) => {
    expect(parseTokens(text, { eapi, tokens })).toMatchObject({ ok: false, error: { column } });
  });
});
