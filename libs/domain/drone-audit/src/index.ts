export { auditCron } from './audit-cron.js';
export {
  auditMachine,
  CLOCK_ERROR_MS,
  CLOCK_WARNING_MS,
  LOW_DISK_BYTES,
  NO_DISK_BYTES,
  type AuditInput,
} from './audit-machine.js';
export { assignmentsOf, directivesOf } from './configuration-lines.js';
export type { AuditFinding, AuditSeverity } from './finding.js';
export { fingerprintText } from './fingerprint-text.js';
export type {
  CronName,
  CronReport,
  MachineReport,
  ReportedDisk,
  ReportedRepository,
  ReportedService,
  Told,
} from './machine-report.js';
