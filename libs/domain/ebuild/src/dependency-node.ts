import type { Atom } from './atom.js';

/** An any-of, exactly-one-of or at-most-one-of group (PMS 8.2). */
export type ChoiceKind = 'any-of' | 'exactly-one-of' | 'at-most-one-of';

export interface ItemNode<Item> {
  readonly kind: 'item';
  readonly item: Item;
}
/** `( … )`: all of them. */
export interface AllOfNode<Child> {
  readonly kind: 'all-of';
  readonly children: readonly Child[];
}
export interface ChoiceNode<Kind extends ChoiceKind, Child> {
  readonly kind: Kind;
  readonly children: readonly Child[];
}
/** `flag? ( … )` and `!flag? ( … )`. */
export interface UseConditionalNode<Child> {
  readonly kind: 'use-conditional';
  readonly flag: string;
  /** Whether the flag must be off: `!flag?`. */
  readonly negated: boolean;
  readonly children: readonly Child[];
}

/** An element of any specification with groups and USE conditionals: its words, and the choices it may offer. */
export type SpecificationNode<Item, Kind extends ChoiceKind> =
  | ItemNode<Item>
  | AllOfNode<SpecificationNode<Item, Kind>>
  | ChoiceNode<Kind, SpecificationNode<Item, Kind>>
  | UseConditionalNode<SpecificationNode<Item, Kind>>;

/** An element of a dependency string; of tokens where `Item` is a string. */
export type DependencyNode<Item = Atom> = SpecificationNode<Item, 'any-of'>;

/** An element of a dependency string whose USE conditionals were evaluated. */
export type EvaluatedNode<Item = Atom> =
  ItemNode<Item> | AllOfNode<EvaluatedNode<Item>> | ChoiceNode<'any-of', EvaluatedNode<Item>>;

/** Whether the condition of a group holds for these flags. */
export function isActive(
  { flag, negated }: { readonly flag: string; readonly negated: boolean },
  use: ReadonlySet<string>,
): boolean {
  return use.has(flag) !== negated;
}

const operatorOf: Readonly<Record<ChoiceKind, string>> = {
  'any-of': '||',
  'exactly-one-of': '^^',
  'at-most-one-of': '??',
};

/** What a specification reads like, single spaces between its words; the parsers read it back to the same value. */
export function printSpecification<Item>(
  nodes: readonly SpecificationNode<Item, ChoiceKind>[],
  printItem: (item: Item) => string,
): string {
  return nodes.map((node) => printNode(node, printItem)).join(' ');
}

function printNode<Item>(
  node: SpecificationNode<Item, ChoiceKind>,
  printItem: (item: Item) => string,
): string {
  if (node.kind === 'item') return printItem(node.item);
  const inside = printSpecification(node.children, printItem);
  const group = inside === '' ? '( )' : `( ${inside} )`;
  if (node.kind === 'all-of') return group;
  if (node.kind === 'use-conditional') return `${node.negated ? '!' : ''}${node.flag}? ${group}`;
  return `${operatorOf[node.kind]} ${group}`;
}
