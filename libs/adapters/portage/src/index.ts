export {
  applyConfiguration,
  CONFIGURATIONS_KEPT,
  type ConfigurationToApply,
  dropConfigurations,
  findProfile,
} from './apply-configuration.js';
export { buildPackage, discardBuild, type BuildPackageRequest } from './build-package.js';
export { classifyFailure } from './classify-failure.js';
export { ensureRepository, type EnsureRepositoryOptions } from './ensure-repository.js';
export { ensurePortage, type EnsurePortageOptions } from './ensure-portage.js';
export {
  installDependencies,
  type InstallDependenciesRequest,
  type WantedBinary,
} from './install-dependencies.js';
export { listInstalled, type InstalledPackage } from './installed-packages.js';
export { configurationDigest, labConfiguration } from './lab-configuration.js';
export {
  bareMachine,
  type BareMachineOptions,
  clearLeftovers,
  createMachine,
  type CreateMachineOptions,
} from './machine.js';
export type { EbuildRepository, Machine, MachinePaths } from './machine.model.js';
export { readOwnConfiguration, type OwnConfiguration } from './own-configuration.js';
export {
  portageFailureClasses,
  type BuildOutcome,
  type BuiltPackage,
  type FailureVerdict,
  type InstallOutcome,
  type PackagesEntry,
  type PortageFailureClass,
  type RunControl,
  type RunFailure,
} from './outcome.model.js';
export { parsePackagesIndex, type PackagesIndex } from './packages-index.js';
export { planSchemaName, planSchemaVersion, type PlanDocument } from './plan-document.js';
export type { Portage, PortageSetup } from './portage.js';
export { prepareLab, type PrepareLabOptions } from './prepare-lab.js';
export type { RepositoryFailure, RepositoryLocation } from './repository-location.js';
export { findGit } from './repository-git.js';
export { REVISIONS_KEPT } from './repository-retention.js';
export { releaseRepository } from './repository-users.js';
export {
  parseDocument as parsePlanDocument,
  resolvePlan,
  selfTest,
  type PlanResolution,
  type ResolvePlanRequest,
  type SelfTest,
} from './resolve-plan.js';
export { systemPath } from './programs.js';
export { systemMachine } from './system-machine.js';
export { withoutAnsi } from './text-tail.js';
export {
  updateWorld,
  updateWorldCommand,
  type EmergeCommand,
  type UpdateWorldRequest,
  type WorldUpdate,
} from './update-world.js';
export { treeDigest } from './tree-digest.js';
