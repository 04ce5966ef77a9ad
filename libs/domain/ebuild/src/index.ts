export { type Atom, evaluateUseDeps, printAtom, type VersionOperator, type VersionRange } from './atom.js';
export { cpvOf, packageOf, parseCpv, splitCpv, type Cpv, type CpvParts, type SplitCpv } from './cpv.js';
export {
  evaluateDependencies,
  evaluateTokens,
  flattenAtoms,
  parseDependencies,
  parseTokens,
  printDependencies,
  printTokens,
  type TokenClass,
  type TokenOptions,
} from './dependencies.js';
export type { ChoiceKind, DependencyNode, EvaluatedNode, SpecificationNode } from './dependency-node.js';
export { type Eapi, type EapiOption, eapis, isEapi, parseEapi } from './eapi.js';
export type { LanguageError } from './language-error.js';
export { matchesAtom, type MatchablePackage } from './match-atom.js';
export { type AtomOptions, parseAtom } from './parse-atom.js';
export {
  checkRequiredUse,
  evaluateRequiredUse,
  type FlagDemand,
  parseRequiredUse,
  printRequiredUse,
  type RequiredUseNode,
  type RequiredUseOptions,
  type RequiredUseVerdict,
} from './required-use.js';
export { chosenAtoms, satisfiedBy } from './satisfy.js';
export { parseSlot, printSlot, type Slot, type SlotDependency } from './slot.js';
export { printReduced, type ReducedToken, useReduce, useReduceTokens } from './use-reduce.js';
export type { UseDemand, UseDependency } from './use-dependency.js';
export {
  compareVersions,
  parseVersion,
  type SuffixKind,
  type Version,
  versionOf,
  type VersionSuffix,
} from './version.js';
