import { err, ok, type Result } from '@swarm/kernel';

import type { Atom } from './atom.js';
import type { EvaluatedNode } from './dependency-node.js';

/**
 * Whether every element of an evaluated dependency string is satisfied: of an any-of group one alternative.
 * What satisfies an atom, and what a blocker is, is the caller's to say.
 */
export function satisfiedBy<Item = Atom>(
  nodes: readonly EvaluatedNode<Item>[],
  isSatisfied: (item: Item) => boolean,
): boolean {
  return nodes.every((node) => {
    switch (node.kind) {
      case 'item':
        return isSatisfied(node.item);
      case 'all-of':
        return satisfiedBy(node.children, isSatisfied);
      case 'any-of':
        return node.children.some((child) => satisfiedBy([child], isSatisfied));
    }
  });
}

/**
 * The atoms that an evaluated dependency string comes down to, from left to right: of each any-of group those of
 * the first alternative that is satisfied. The error holds the elements that are not satisfied.
 */
export function chosenAtoms<Item = Atom>(
  nodes: readonly EvaluatedNode<Item>[],
  isSatisfied: (item: Item) => boolean,
): Result<readonly Item[], readonly EvaluatedNode<Item>[]> {
  const chosen: Item[] = [];
  const unmet = nodes.filter((node) => !choose(node, isSatisfied, chosen));
  return unmet.length === 0 ? ok(chosen) : err(unmet);
}

/** Adds what a node comes down to; leaves `chosen` as it was where the node is not satisfied. */
function choose<Item>(
  node: EvaluatedNode<Item>,
  isSatisfied: (item: Item) => boolean,
  chosen: Item[],
): boolean {
  const before = chosen.length;
  switch (node.kind) {
    case 'item':
      if (!isSatisfied(node.item)) return false;
      chosen.push(node.item);
      return true;
    case 'all-of':
      if (node.children.every((child) => choose(child, isSatisfied, chosen))) return true;
      chosen.length = before;
      return false;
    case 'any-of':
      return node.children.some((child) => choose(child, isSatisfied, chosen));
  }
}
