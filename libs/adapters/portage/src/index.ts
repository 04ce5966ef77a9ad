// Draft of the public surface; the functions follow within the hour, the signatures stay.
export type { Portage, PortageSetup } from './portage.js';
export type { EbuildRepository, Machine, MachinePaths } from './machine.model.js';
export type {
  BuildOutcome, BuiltPackage, FailureClass, InstallOutcome, PackagesEntry, RunControl, RunFailure,
} from './outcome.model.js';

// ensurePortage(options: { cacheDir: string; onProgress?: (line: string) => void }): Promise<PortageSetup>
// prepareLab(options: { labDir: string; stateDir: string; portage: Portage }): Promise<EbuildRepository>
// createMachine(options: { name; dir; repository: EbuildRepository; portage; makeJobs?: number; variables?: Record<string, string> }): Promise<Machine>
// systemMachine(options: { name; dir; portage }): Machine                           (a real Gentoo: ROOT=/)
// resolvePlan(machine, { atoms: string[]; options?: string[]; timeoutMs?; signal? }): Promise<PlanResolution>
//   PlanResolution = { kind: 'resolved'; document: PlanDocument } | { kind: 'failed'; reason: string; exitCode: number; logTail: string }
// installDependencies(machine, { cpvs: string[] in order; binhostUrl: string } & RunControl): Promise<InstallOutcome>
// buildPackage(machine, { cpv: string; use?: string[] ('flag' | '-flag'); makeJobs?: number } & RunControl): Promise<BuildOutcome>
// updateWorld(machine, { binhostUrl: string; pretend?: boolean } & RunControl): Promise<WorldUpdate>   ({ argv, environment } & InstallOutcome-like)
// updateWorldCommand(machine, { binhostUrl, pretend? }): { argv: string[]; environment: Record<string, string> }
// listInstalled(machine): Promise<InstalledPackage[]>   ({ cpv, slot, use, buildTime, repository })
// classifyFailure(log: string): { class: FailureClass; phase?: string; summary: string }
