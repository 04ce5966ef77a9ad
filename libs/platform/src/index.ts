export { systemClock } from './clock.js';
export { flagVariable, portVariable, readConfig, Secret, secretVariable } from './config.js';
export { CRASH_DIRECTORY, CrashPoints } from './crash-points.js';
export { newId } from './ids.js';
export {
  createLogger,
  nestLogger,
  silentLogger,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.js';
export { freePort } from './ports.js';
export { readinessOf, type CheckResult, type ReadinessCheck, type ReadinessReport } from './readiness.js';
export { backoffMs, retry, withTimeLimit, type BackoffPolicy, type RetryOptions } from './retry.js';
export { RoundLoop } from './round-loop.js';
export {
  LONGEST_STOP_MS,
  READINESS_LIMIT_MS,
  runMain,
  runService,
  type RunningService,
  type ServiceOptions,
} from './service.js';
export { STOP_BUDGETS_MS, type StopPhases, type StopStep, type StopSteps } from './stop-phases.js';
export {
  ensureNatsServer,
  findOnPath,
  isAtLeast,
  NATS_MAX_PAYLOAD_BYTES,
  type EnsureNatsOptions,
  type NatsBinary,
} from './servers/nats-binary.js';
export {
  runCommand,
  startProcess,
  type ManagedProcess,
  type ProcessSpec,
} from './servers/managed-process.js';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './servers/nats-server.js';
export {
  ensurePostgres,
  type EnsurePostgresOptions,
  type PostgresBinaries,
} from './servers/postgres-binaries.js';
export { startPostgres, type PostgresOptions, type PostgresServer } from './servers/postgres-server.js';
