export { cycles, heaviestPaths, reachable, reversed, type Graph } from './dependency-graph.js';
export {
  resolvePlan,
  type Finding,
  type JobGraph,
  type PlannedJob,
  type ResolverPorts,
} from './package-resolver.js';
export type { EdgeKind, PlanDocument, PlanEdge, PlannedPackage, PlanRoot } from './plan-document.js';
export {
  MAX_RESOLVE_ATTEMPTS,
  type Plan,
  type PlanChange,
  type PlanRepository,
  type PlanState,
  type Resolving,
} from './plan.js';
export type { Profile, ProfileRepository } from './profile.js';
export type { Schedule, ScheduleRepository, ScheduleRun } from './schedule.js';
