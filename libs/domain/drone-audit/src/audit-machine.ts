import type { Configuration } from '@swarm/domain-plan';

import { auditCron } from './audit-cron.js';
import { compareWithPeers, compareWithProfile, type Facts } from './compare.js';
import { factsOf, fileFacts, makeConfFacts, profilePath, type Fact } from './facts.js';
import { plainFinding, type AuditFinding } from './finding.js';
import type { MachineReport, ReportedDisk, ReportedService, Told } from './machine-report.js';

const GIB = 1024 ** 3;
/** Less than this is too little for a large package; the hard limit is too little for any. */
export const LOW_DISK_BYTES = 10 * GIB;
export const NO_DISK_BYTES = 2 * GIB;
/** Clocks that are further apart make odd timestamps; much further, and certificates and tokens are refused. */
export const CLOCK_WARNING_MS = 2_000;
export const CLOCK_ERROR_MS = 60_000;

export interface AuditInput {
  readonly machine: MachineReport;
  /** Other drones of the same profile that answered. */
  readonly peers: readonly MachineReport[];
  /** What was pushed to its profile, if anything, with a name for sentences such as `version 3 of profile lab`. */
  readonly wanted?: { readonly name: string; readonly configuration: Configuration } | undefined;
  /** The drone's clock less the swarm's, in milliseconds; null where it is not known. */
  readonly clockOffsetMs: number | null;
  readonly now: Date;
}

/** Everything about a machine that a person may want to mend, errors first. Pure. */
export function auditMachine(input: AuditInput): readonly AuditFinding[] {
  const { machine, peers, wanted, clockOffsetMs, now } = input;
  const found = [
    ...unread(machine),
    ...compareWithPeers(
      comparable(machine, machine),
      peers.map((peer) => comparable(peer, machine)),
    ),
    ...(wanted ? compareWithProfile(...profileSides(machine, wanted)) : []),
    ...of(machine.disks, (disks) => disks.flatMap(lowDisk)),
    ...clock(clockOffsetMs),
    ...of(machine.service, unkept),
    ...of(machine.cron, (cron) => auditCron(cron, now)),
  ];
  return [
    ...found.filter(({ severity }) => severity === 'error'),
    ...found.filter(({ severity }) => severity !== 'error'),
  ];
}

/** What both machines could read: what one of them could not is told once, and is no difference. */
function comparable(report: MachineReport, machine: MachineReport): Facts {
  const keep = <T>(mine: Told<T>, own: Told<unknown>): Told<T> =>
    own.kind === 'told' ? mine : { kind: 'untold', why: own.why };
  const facts = factsOf({
    ...report,
    makeProfile: keep(report.makeProfile, machine.makeProfile),
    variables: keep(report.variables, machine.variables),
    files: keep(report.files, machine.files),
    repositories: keep(report.repositories, machine.repositories),
    toolchain: keep(report.toolchain, machine.toolchain),
  });
  return { name: report.drone, facts };
}

function profileSides(
  { files, makeProfile }: MachineReport,
  { name, configuration }: NonNullable<AuditInput['wanted']>,
): [readonly Fact[], Facts] {
  const profileFact = (text: string): Fact => ({
    subject: 'profile',
    severity: 'error',
    items: [profilePath(text)],
  });
  const isRead = makeProfile.kind === 'told';
  const [mine, theirs] =
    files.kind === 'told' ? [textFacts(files.value), textFacts(configuration.files)] : [[], []];
  return [
    [...mine, ...(isRead ? [profileFact(makeProfile.value)] : [])],
    { name, facts: [...theirs, ...(isRead ? [profileFact(configuration.makeProfile)] : [])] },
  ];
}

function textFacts(files: Readonly<Record<string, string>>): readonly Fact[] {
  const makeConf = Object.entries(files).filter(
    ([path]) => path === 'make.conf' || path.startsWith('make.conf/'),
  );
  const text = makeConf.map(([, content]) => content).join('\n');
  return [...fileFacts({ kind: 'told', value: files }), ...makeConfFacts(text)];
}

function unread(report: MachineReport): readonly AuditFinding[] {
  const parts = {
    ...{ profile: report.makeProfile, 'make.conf': report.variables, 'etc/portage': report.files },
    ...{ repositories: report.repositories, toolchain: report.toolchain, disk: report.disks },
    ...{ services: report.service, cron: report.cron },
  };
  return Object.entries(parts).flatMap(([subject, told]) =>
    told.kind === 'told'
      ? []
      : [
          plainFinding('warning', {
            subject,
            text: `${subject} could not be read: ${told.why}`,
            remedy: 'See that the agent may read it.',
          }),
        ],
  );
}

function lowDisk({ use, path, totalBytes, freeBytes }: ReportedDisk): readonly AuditFinding[] {
  if (freeBytes >= LOW_DISK_BYTES) return [];
  const gib = (count: number): string => (count / GIB).toFixed(1);
  const text = `${gib(freeBytes)} of ${gib(totalBytes)} GiB are free at ${path}, where it keeps its ${use}`;
  const severity = freeBytes < NO_DISK_BYTES ? 'error' : 'warning';
  return [plainFinding(severity, { subject: 'disk', text, remedy: 'Make room, or move SWARM_STATE_DIR.' })];
}

function clock(offsetMs: number | null): readonly AuditFinding[] {
  if (offsetMs === null || Math.abs(offsetMs) <= CLOCK_WARNING_MS) return [];
  const text = `its clock is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${offsetMs > 0 ? 'ahead of' : 'behind'} the swarm's`;
  const severity = Math.abs(offsetMs) > CLOCK_ERROR_MS ? 'error' : 'warning';
  return [plainFinding(severity, { subject: 'clock', text, remedy: 'Run a time daemon (net-misc/chrony).' })];
}

function unkept({ manager, name, running, enabled }: ReportedService): readonly AuditFinding[] {
  const enable = manager === 'openrc' ? `rc-update add ${name} default` : `systemctl enable ${name}`;
  const start = manager === 'openrc' ? `rc-service ${name} start` : `systemctl start ${name}`;
  const subject = `service ${name}`;
  return [
    ...(enabled
      ? []
      : [
          plainFinding('warning', {
            subject,
            text: `${name} is not started at boot: after a power cut the drone stays away`,
            remedy: `\`${enable}\``,
          }),
        ]),
    ...(running
      ? []
      : [
          plainFinding('warning', {
            subject,
            text: `the agent does not run as the service ${name}: nobody restarts it`,
            remedy: `\`${start}\` instead of starting it by hand.`,
          }),
        ]),
  ];
}

function of<T>(told: Told<T>, findings: (value: T) => readonly AuditFinding[]): readonly AuditFinding[] {
  return told.kind === 'told' ? findings(told.value) : [];
}
