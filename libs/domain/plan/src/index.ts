export { directWaits, type WaitingJob } from './direct-waits.js';
export { differences, keyText, type BuildInputs, type RevisionPolicy } from './build-inputs.js';
export type { Finding } from './finding.js';
export {
  brokenLinks,
  knownBuilds,
  type BrokenLink,
  type KnownBuild,
  type KnownBuilds,
} from './known-build.js';
export {
  resolvePlan,
  type JobGraph,
  type Need,
  type PlannedJob,
  type ResolverPorts,
} from './package-resolver.js';
export type { Configuration, ProfileVersion, RepositoryPin, RepositorySource } from './configuration.js';
export { checkConfiguration } from './configuration-check.js';
export {
  diffConfigurations,
  isSameConfiguration,
  type ConfigurationChanges,
  type FileChange,
  type RepositoryChange,
} from './configuration-diff.js';
export { mistakeOfPath } from './configuration-files.js';
export { MAX_FILE_CHARACTERS, MAX_FILES_CHARACTERS, MAX_PATH_CHARACTERS } from './configuration-limits.js';
export { LINES_FILE, withLine } from './configuration-line.js';
export type { ConfigurationError } from './configuration-report.js';
export { canonicalText } from './configuration-text.js';
export { diffLines, linesOf, type LineChange } from './line-diff.js';
export type {
  DependencyClass,
  EdgeKind,
  PlanDocument,
  PlanEdge,
  PlannedPackage,
  PlanParent,
  PlanProblem,
  PlanRoot,
  Remedy,
} from './plan-document.js';
export {
  MAX_RESOLVE_ATTEMPTS,
  type Plan,
  type PlanOutline,
  type PlanChange,
  type PlanRepository,
  type PlanState,
  type Resolving,
} from './plan.js';
export type { Profile, ProfileRepository, VersionPush, VersionSummary } from './profile.js';
