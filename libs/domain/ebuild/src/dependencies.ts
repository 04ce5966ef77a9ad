import { ok, type Result } from '@swarm/kernel';

import { type Atom, evaluateUseDeps, printAtom } from './atom.js';
import { type DependencyNode, type EvaluatedNode, isActive, printSpecification } from './dependency-node.js';
import { type Eapi, type EapiOption, rulesOf } from './eapi.js';
import { type LanguageError, refuse } from './language-error.js';
import { type AtomOptions, parseAtom } from './parse-atom.js';
import { type Grammar, parseSpecification, refuseOperator } from './parse-specification.js';

/** `word`: LICENSE, RESTRICT, PROPERTIES. `src-uri`: no any-of, and arrows (PMS 8.2.10). */
export type TokenClass = 'word' | 'src-uri';

export interface TokenOptions extends EapiOption {
  readonly tokens?: TokenClass;
}

/** Reads a dependency string (PMS 8.2): `DEPEND` and its like. */
export function parseDependencies(
  text: string,
  options: AtomOptions = {},
): Result<readonly DependencyNode[], LanguageError> {
  return parseSpecification<Atom, 'any-of'>(text, {
    ...dependencyGrammar,
    readItem: (word) => (word === '^^' || word === '??' ? refuseOperator(word) : parseAtom(word, options)),
  });
}

/**
 * Reads a string of tokens with the same groups (PMS 8.2): LICENSE, RESTRICT, PROPERTIES, or SRC_URI, whose
 * arrows are tokens of their own (`source -> name`). Like Portage 3.0.82, and unlike PMS, it lets RESTRICT and
 * PROPERTIES have any-of groups, and does not look at how a token is spelled.
 */
export function parseTokens(
  text: string,
  { eapi, tokens = 'word' }: TokenOptions = {},
): Result<readonly DependencyNode<string>[], LanguageError> {
  if (tokens === 'word') return parseSpecification(text, { ...dependencyGrammar, readItem: readWord });
  const misplaced = misplacedArrow(text);
  if (misplaced !== undefined) return refuse(misplaced, '"->" must be followed by a file name');
  return parseSpecification<string, never>(text, {
    ...dependencyGrammar,
    choiceOf: () => undefined,
    readItem: (word) => readSource(word, eapi),
  });
}

/** A dependency string as text; `parseDependencies` reads it back to the same value. */
export function printDependencies(nodes: readonly DependencyNode[]): string {
  return printSpecification(nodes, printAtom);
}

/** A string of tokens as text; `parseTokens` reads it back to the same value. */
export function printTokens(nodes: readonly DependencyNode<string>[]): string {
  return printSpecification(nodes, (token) => token);
}

/**
 * What a dependency string asks for when exactly these flags are enabled: without USE conditionals, those inside
 * of atoms evaluated too, groups that have nothing left dropped, and all-of groups merged into what is around
 * them where that means the same.
 *
 * An any-of group that has nothing left holds up to EAPI 6, and is dropped; from EAPI 7 on, and where no EAPI is
 * given, it stays, without children, and nothing satisfies it (PMS 8.2.3).
 */
export function evaluateDependencies(
  nodes: readonly DependencyNode[],
  use: ReadonlySet<string>,
  options: EapiOption = {},
): readonly EvaluatedNode[] {
  return evaluateNodes(nodes, use, { ...options, evaluateItem: (atom) => evaluateUseDeps(atom, use) });
}

/** As `evaluateDependencies`, for tokens. */
export function evaluateTokens(
  nodes: readonly DependencyNode<string>[],
  use: ReadonlySet<string>,
  options: EapiOption = {},
): readonly EvaluatedNode<string>[] {
  return evaluateNodes(nodes, use, { ...options, evaluateItem: (token) => token });
}

/** All atoms of a dependency string, from left to right, whatever they depend on. */
export function flattenAtoms<Item>(nodes: readonly DependencyNode<Item>[]): readonly Item[] {
  const items: Item[] = [];
  collect(nodes, items);
  return items;
}

interface Evaluation<Item> extends EapiOption {
  readonly evaluateItem: (item: Item) => Item;
}

function evaluateNodes<Item>(
  nodes: readonly DependencyNode<Item>[],
  use: ReadonlySet<string>,
  how: Evaluation<Item>,
): readonly EvaluatedNode<Item>[] {
  const kept: EvaluatedNode<Item>[] = [];
  for (const node of nodes) {
    if (node.kind === 'item') {
      const item = how.evaluateItem(node.item);
      kept.push(item === node.item ? node : { kind: 'item', item });
    } else if (node.kind === 'any-of') {
      const children = node.children.flatMap((child) => alternative(child, use, how));
      const [only] = children;
      if (only !== undefined && children.length === 1)
        kept.push(...(only.kind === 'all-of' ? only.children : [only]));
      else if (only !== undefined || !rulesOf(how.eapi).emptyGroupsHold)
        kept.push({ kind: 'any-of', children });
    } else if (node.kind === 'all-of' || isActive(node, use)) {
      kept.push(...evaluateNodes(node.children, use, how));
    }
  }
  return kept;
}

/** A child of an any-of group: one element, since all of it belongs to the same alternative; or none. */
function alternative<Item>(
  child: DependencyNode<Item>,
  use: ReadonlySet<string>,
  how: Evaluation<Item>,
): readonly EvaluatedNode<Item>[] {
  const children = evaluateNodes([child], use, how);
  return children.length <= 1 ? children : [{ kind: 'all-of', children }];
}

function collect<Item>(nodes: readonly DependencyNode<Item>[], items: Item[]): void {
  for (const node of nodes) {
    if (node.kind === 'item') items.push(node.item);
    else collect(node.children, items);
  }
}

const dependencyGrammar: Omit<Grammar<string, 'any-of'>, 'readItem'> = {
  choiceOf: (word) => (word === '||' ? 'any-of' : undefined),
  refusesFlag: () => undefined,
  // What PMS calls an empty group is one whose conditional children all fell away.
  emptyGroups: false,
};

function readWord(word: string): Result<string, LanguageError> {
  if (word === '^^') return refuseOperator(word);
  return word === '->' ? refuse(1, '"->" is only allowed in SRC_URI') : ok(word);
}

function readSource(word: string, eapi: Eapi | undefined): Result<string, LanguageError> {
  const rules = rulesOf(eapi);
  if (word === '||') return refuse(1, '"||" is not allowed in SRC_URI');
  if (word === '->' && !rules.sourceArrows) return refuse(1, '"->" needs EAPI 2');
  if (/^(?:fetch|mirror)\+/.test(word) && !rules.selectiveRestriction) {
    return refuse(1, `"${word.slice(0, word.indexOf('+') + 1)}" needs EAPI 8`);
  }
  return ok(word);
}

/** The column of the first arrow that no file name follows, if there is one. */
function misplacedArrow(text: string): number | undefined {
  for (const arrow of text.matchAll(/(?<![^ \t\n\r\f\v])->(?![^ \t\n\r\f\v])/g)) {
    const [next = ''] = /[^ \t\n\r\f\v]+/.exec(text.slice(arrow.index + 2)) ?? [];
    if (next === '' || next === '(' || next === ')' || next === '->' || /\/|\?$/.test(next))
      return arrow.index + 1;
  }
  return undefined;
}
