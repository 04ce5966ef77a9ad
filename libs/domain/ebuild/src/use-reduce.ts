import { type Atom, evaluateUseDeps, printAtom } from './atom.js';
import { type DependencyNode, isActive } from './dependency-node.js';
import { type EapiOption, rulesOf } from './eapi.js';

/** A word, `||`, or a group in parentheses. */
export type ReducedToken = string | readonly ReducedToken[];

type Token = string | Token[];

/** A group whose end has just been reached. */
interface ClosedGroup {
  readonly group: Token[];
  /** Whether it was one token, or one any-of group, before anything was added to it. */
  readonly single: boolean;
}

interface Reduction<Item> {
  readonly levels: Token[][];
  readonly use: ReadonlySet<string>;
  readonly emptyGroupsHold: boolean;
  /** Whether items are words to Portage, as tokens are, or objects, as atoms are. */
  readonly wordsCount: boolean;
  readonly print: (item: Item) => string;
}

/** Portage's atom for what cannot be satisfied. */
const neverSatisfied = '__const__/empty-any-of';

/**
 * A dependency string for these flags, in the nested lists that Portage makes of it: `use_reduce` of Portage
 * 3.0.82 with `token_class=Atom`. Which parentheses it keeps has no meaning, but an index that Portage wrote
 * has them just so; to decide anything, use `evaluateDependencies`.
 */
export function useReduce(
  nodes: readonly DependencyNode[],
  use: ReadonlySet<string>,
  options: EapiOption = {},
): readonly ReducedToken[] {
  const print = (atom: Atom): string => printAtom(evaluateUseDeps(atom, use));
  return reduce(nodes, { use, print, wordsCount: false }, options);
}

/** As `useReduce`, for tokens: `use_reduce` without a `token_class`. */
export function useReduceTokens(
  nodes: readonly DependencyNode<string>[],
  use: ReadonlySet<string>,
  options: EapiOption = {},
): readonly ReducedToken[] {
  return reduce(nodes, { use, print: (token) => token, wordsCount: true }, options);
}

/** Nested lists as text: `paren_enclose` of Portage 3.0.82. */
export function printReduced(tokens: readonly ReducedToken[]): string {
  return tokens.map((token) => (typeof token === 'string' ? token : `( ${printReduced(token)} )`)).join(' ');
}

function reduce<Item>(
  nodes: readonly DependencyNode<Item>[],
  how: Pick<Reduction<Item>, 'use' | 'print' | 'wordsCount'>,
  { eapi }: EapiOption,
): readonly ReducedToken[] {
  const outermost: Token[] = [];
  const { emptyGroupsHold } = rulesOf(eapi);
  reduceInto({ ...how, emptyGroupsHold, levels: [outermost] }, nodes);
  return outermost;
}

/** Adds what the nodes come down to, to the innermost level. */
function reduceInto<Item>(reduction: Reduction<Item>, nodes: readonly DependencyNode<Item>[]): void {
  const { levels, use } = reduction;
  const around = top(levels, levels.length - 1);
  for (const node of nodes) {
    if (node.kind === 'item') {
      around.push(reduction.print(node.item));
      continue;
    }
    if (node.kind === 'any-of') around.push('||');
    if (node.kind === 'use-conditional') around.push(`${node.flag}?`);
    const group: Token[] = [];
    levels.push(group);
    reduceInto(reduction, node.children);
    levels.pop();
    const single = group.length === 1 || (group.length === 2 && group[0] === '||');
    if (node.kind === 'use-conditional') around.pop();
    if (node.kind === 'any-of' && group.length === 0) {
      around.pop();
      if (!reduction.emptyGroupsHold) group.push(neverSatisfied);
    }
    const keep = group.length > 0 && (node.kind !== 'use-conditional' || isActive(node, use));
    if (keep) append(reduction, { group, single });
  }
}

/** Portage's rules for which parentheses may go, over plain, any-of and nested groups. */
function append<Item>(reduction: Reduction<Item>, closed: ClosedGroup): void {
  const { levels } = reduction;
  const level = levels.length - 1;
  const around = top(levels, level);
  const inAnyOf = endsInAnyOf(levels, level);
  const outerAnyOf = endsInAnyOf(levels, level - 1);
  if (!outerAnyOf && !inAnyOf) {
    around.push(...closed.group);
  } else if (around.length === 0) {
    appendGroup(reduction, closed);
  } else if (closed.single && inAnyOf) {
    around.pop();
    appendGroup(reduction, closed);
  } else if (inAnyOf && outerAnyOf) {
    around.pop();
    around.push(...closed.group);
  } else {
    appendGroup(reduction, closed);
  }
}

function appendGroup<Item>(reduction: Reduction<Item>, { group, single }: ClosedGroup): void {
  const { levels } = reduction;
  const level = levels.length - 1;
  const around = top(levels, level);
  const [first, second] = group;
  if (!single) {
    around.push(group);
  } else if (first === '||' && endsInAnyOf(levels, level - 1) && Array.isArray(second)) {
    around.push(...second);
  } else if (group.length === 1 && Array.isArray(first)) {
    if (anyOfInEffect(reduction, level - 1)) around.push(first);
    else around.push(...first);
  } else {
    around.push(...group);
  }
}

function endsInAnyOf(levels: readonly Token[][], level: number): boolean {
  return level >= 0 && top(levels, level).at(-1) === '||';
}

/** Whether the nearest operator outwards is `||`; levels that hold nothing yet, or wait for a conditional's group, are passed over. */
function anyOfInEffect<Item>({ levels, wordsCount }: Reduction<Item>, from: number): boolean {
  for (let level = from; level >= 0; level -= 1) {
    const last = top(levels, level).at(-1);
    if (typeof last !== 'string') continue;
    if (last === '||') return true;
    if (wordsCount && !last.endsWith('?')) return false;
  }
  return false;
}

function top(levels: readonly Token[][], level: number): Token[] {
  return levels[level] ?? [];
}
