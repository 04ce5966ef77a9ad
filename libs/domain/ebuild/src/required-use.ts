import { ok, type Result } from '@swarm/kernel';

import { isActive, printSpecification, type SpecificationNode } from './dependency-node.js';
import { type EapiOption, type EapiRules, rulesOf } from './eapi.js';
import { type LanguageError, refuse } from './language-error.js';
import { parseSpecification } from './parse-specification.js';
import { isUseFlag } from './use-dependency.js';

/** `flag`, or `!flag`. */
export interface FlagDemand {
  readonly flag: string;
  readonly negated: boolean;
}

/** An element of `REQUIRED_USE` (PMS 8.2.7). */
export type RequiredUseNode = SpecificationNode<FlagDemand, 'any-of' | 'exactly-one-of' | 'at-most-one-of'>;

export interface RequiredUseOptions extends EapiOption {
  /** The flags that may be named: `IUSE_EFFECTIVE`. Where none are given, any may. */
  readonly iuse?: ReadonlySet<string> | undefined;
}

/** Whether the flags of a package go together, and what is not met. */
export interface RequiredUseVerdict {
  readonly ok: boolean;
  /** The least parts that do not hold; of a condition that does hold, only what it asks for in vain. */
  readonly unmet: readonly RequiredUseNode[];
}

/** Reads `REQUIRED_USE` (PMS 8.2.7): from EAPI 4 on, with `??` from EAPI 5 on. Empty groups are allowed, as in Portage 3.0.82, though PMS has none. */
export function parseRequiredUse(
  text: string,
  { eapi, iuse }: RequiredUseOptions = {},
): Result<readonly RequiredUseNode[], LanguageError> {
  const rules = rulesOf(eapi);
  if (!rules.requiredUse) return refuse(1, 'REQUIRED_USE needs EAPI 4');
  const refusesFlag = (flag: string): string | undefined =>
    iuse === undefined || iuse.has(flag) ? undefined : `the USE flag "${flag}" is not in IUSE`;
  return parseSpecification(text, {
    choiceOf: (word) => choiceOf(word, rules),
    refusesFlag,
    emptyGroups: true,
    readItem: (word) => {
      const negated = word.startsWith('!');
      const flag = negated ? word.slice(1) : word;
      if (!isUseFlag(flag)) return refuse(1, `"${word}" is no USE flag`);
      const refusal = refusesFlag(flag);
      return refusal === undefined ? ok({ flag, negated }) : refuse(negated ? 2 : 1, refusal);
    },
  });
}

/** `REQUIRED_USE` as text; `parseRequiredUse` reads it back to the same value. */
export function printRequiredUse(nodes: readonly RequiredUseNode[]): string {
  return printSpecification(nodes, ({ flag, negated }) => `${negated ? '!' : ''}${flag}`);
}

/** Whether these flags meet what was read (PMS 8.2.1 to 8.2.7; `check_required_use` of Portage 3.0.82). */
export function evaluateRequiredUse(
  nodes: readonly RequiredUseNode[],
  use: ReadonlySet<string>,
  { eapi }: EapiOption = {},
): RequiredUseVerdict {
  const unmet: RequiredUseNode[] = [];
  collectUnmet(nodes, { use, emptyGroupsHold: rulesOf(eapi).emptyGroupsHold }, unmet);
  return { ok: unmet.length === 0, unmet };
}

/** Reads `REQUIRED_USE` and says whether these flags meet it. */
export function checkRequiredUse(
  text: string,
  { use, ...options }: RequiredUseOptions & { readonly use: ReadonlySet<string> },
): Result<RequiredUseVerdict, LanguageError> {
  const nodes = parseRequiredUse(text, options);
  return nodes.ok ? ok(evaluateRequiredUse(nodes.value, use, options)) : nodes;
}

interface Circumstances {
  readonly use: ReadonlySet<string>;
  readonly emptyGroupsHold: boolean;
}

function choiceOf(
  word: string,
  { atMostOneOf }: EapiRules,
): 'any-of' | 'exactly-one-of' | 'at-most-one-of' | undefined {
  if (word === '||') return 'any-of';
  if (word === '^^') return 'exactly-one-of';
  return word === '??' && atMostOneOf ? 'at-most-one-of' : undefined;
}

function collectUnmet(
  nodes: readonly RequiredUseNode[],
  circumstances: Circumstances,
  unmet: RequiredUseNode[],
): void {
  for (const node of nodes) {
    if (node.kind === 'all-of') {
      collectUnmet(node.children, circumstances, unmet);
    } else if (holds(node, circumstances) === false) {
      unmet.push(node.kind === 'use-conditional' ? withUnmetOnly(node, circumstances) : node);
    }
  }
}

function withUnmetOnly(
  node: RequiredUseNode & { readonly kind: 'use-conditional' },
  circumstances: Circumstances,
): RequiredUseNode {
  const children: RequiredUseNode[] = [];
  collectUnmet(node.children, circumstances, children);
  return { ...node, children };
}

/** Whether an element holds; `undefined` for one that counts for nothing in the group around it. */
function holds(node: RequiredUseNode, circumstances: Circumstances): boolean | undefined {
  if (node.kind === 'item') return isActive(node.item, circumstances.use);
  if (node.kind === 'use-conditional' && !isActive(node, circumstances.use)) return undefined;
  let met = 0;
  let counted = 0;
  for (const child of node.children) {
    const held = holds(child, circumstances);
    if (held === undefined) continue;
    counted += 1;
    if (held) met += 1;
  }
  if (node.kind === 'all-of') return counted === 0 ? undefined : met === counted;
  if (counted === 0 && circumstances.emptyGroupsHold) return true;
  switch (node.kind) {
    case 'use-conditional':
      return met === counted;
    case 'any-of':
      return met > 0;
    case 'exactly-one-of':
      return met === 1;
    case 'at-most-one-of':
      return met <= 1;
  }
}
