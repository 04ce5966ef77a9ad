import { ok, type Result } from '@swarm/kernel';

import type { ChoiceKind, SpecificationNode } from './dependency-node.js';
import { type LanguageError, refuse } from './language-error.js';
import { isUseFlag } from './use-dependency.js';

/** How deep groups may be nested: far more than anybody writes, and far less than the stack holds. */
export const maxNesting = 256;

/** What one kind of specification allows (PMS 8.2). */
export interface Grammar<Item, Kind extends ChoiceKind> {
  /** The kind of choice that a word opens, if it opens one here. */
  readonly choiceOf: (word: string) => Kind | undefined;
  /** Reads any other word; columns of its error count from the word's first character. */
  readonly readItem: (word: string) => Result<Item, LanguageError>;
  /** Why a flag cannot be the condition of a group, where it cannot. */
  readonly refusesFlag: (flag: string) => string | undefined;
  /** Whether `( )` is allowed. */
  readonly emptyGroups: boolean;
}

interface Reading<Item, Kind extends ChoiceKind> {
  readonly text: string;
  readonly grammar: Grammar<Item, Kind>;
  readonly words: RegExp;
  failure: LanguageError | undefined;
}

/** Where a word stands, from 1. */
interface Word {
  readonly word: string;
  readonly column: number;
}

/** Reads words, groups, choices and USE conditionals. Never throws; the error points at the word that is wrong. */
export function parseSpecification<Item, Kind extends ChoiceKind>(
  text: string,
  grammar: Grammar<Item, Kind>,
): Result<readonly SpecificationNode<Item, Kind>[], LanguageError> {
  // Only the white space of ASCII separates words: what else looks empty is part of a word, and so refused.
  const reading: Reading<Item, Kind> = { text, grammar, words: /[^ \t\n\r\f\v]+/g, failure: undefined };
  const nodes = readSequence(reading, undefined, 0);
  return reading.failure === undefined ? ok(nodes) : { ok: false, error: reading.failure };
}

/** Elements up to the parenthesis that closes the group, or to the end outside of any. */
function readSequence<Item, Kind extends ChoiceKind>(
  reading: Reading<Item, Kind>,
  opened: Word | undefined,
  depth: number,
): readonly SpecificationNode<Item, Kind>[] {
  const nodes: SpecificationNode<Item, Kind>[] = [];
  if (depth > maxNesting)
    return fail(reading, opened?.column ?? 1, `nested deeper than ${maxNesting} levels`);
  for (let next = nextWord(reading); next !== undefined; next = nextWord(reading)) {
    if (next.word === ')') {
      if (opened === undefined) return fail(reading, next.column, '")" closes nothing');
      if (nodes.length > 0 || reading.grammar.emptyGroups) return nodes;
      return fail(reading, next.column, 'the group is empty');
    }
    const node = readNode(reading, next, depth);
    if (node === undefined) return nodes;
    nodes.push(node);
  }
  if (opened !== undefined) return fail(reading, opened.column, '"(" is not closed');
  return nodes;
}

/** The element that begins with this word; none where the reading failed. */
function readNode<Item, Kind extends ChoiceKind>(
  reading: Reading<Item, Kind>,
  { word, column }: Word,
  depth: number,
): SpecificationNode<Item, Kind> | undefined {
  const { grammar } = reading;
  const choice = grammar.choiceOf(word);
  if (word === '(') {
    const children = readSequence(reading, { word, column }, depth + 1);
    return unlessFailed(reading, { kind: 'all-of', children });
  }
  if (choice !== undefined) {
    const children = readGroup(reading, word, depth);
    return unlessFailed(reading, { kind: choice, children });
  }
  if (word.endsWith('?')) {
    const negated = word.startsWith('!');
    const flag = word.slice(negated ? 1 : 0, -1);
    const refusal = isUseFlag(flag) ? grammar.refusesFlag(flag) : `"${flag}" in "${word}" is no USE flag`;
    if (refusal !== undefined) {
      fail(reading, column, refusal);
      return undefined;
    }
    const children = readGroup(reading, word, depth);
    return unlessFailed(reading, { kind: 'use-conditional', flag, negated, children });
  }
  const item = grammar.readItem(word);
  if (item.ok) return { kind: 'item', item: item.value };
  fail(reading, column - 1 + item.error.column, item.error.message);
  return undefined;
}

/** The group that must follow a choice or a condition. */
function readGroup<Item, Kind extends ChoiceKind>(
  reading: Reading<Item, Kind>,
  before: string,
  depth: number,
): readonly SpecificationNode<Item, Kind>[] {
  const next = nextWord(reading);
  if (next?.word === '(') return readSequence(reading, next, depth + 1);
  return fail(reading, next?.column ?? reading.text.length + 1, `expected "(" after "${before}"`);
}

function nextWord<Item, Kind extends ChoiceKind>({ words, text }: Reading<Item, Kind>): Word | undefined {
  const found = words.exec(text);
  return found === null ? undefined : { word: found[0], column: found.index + 1 };
}

function fail<Item, Kind extends ChoiceKind>(
  reading: Reading<Item, Kind>,
  column: number,
  message: string,
): readonly never[] {
  reading.failure ??= { column, message };
  return [];
}

function unlessFailed<Item, Kind extends ChoiceKind>(
  reading: Reading<Item, Kind>,
  node: SpecificationNode<Item, Kind>,
): SpecificationNode<Item, Kind> | undefined {
  return reading.failure === undefined ? node : undefined;
}

/** What the error of a word that is an operator elsewhere says. */
export function refuseOperator(word: string): Result<never, LanguageError> {
  return refuse(1, `"${word}" is only allowed in REQUIRED_USE`);
}
