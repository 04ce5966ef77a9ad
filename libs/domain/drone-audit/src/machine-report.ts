/** What was looked for on a machine: found, or why it could not be read. No part makes a report fail as a whole. */
export type Told<T> =
  { readonly kind: 'told'; readonly value: T } | { readonly kind: 'untold'; readonly why: string };

/** One repository of ebuilds, as the machine's own configuration names it. */
export interface ReportedRepository {
  readonly name: string;
  readonly location: string;
  /** A commit, or the time of its last rsync; null where it tells neither. */
  readonly revision: string | null;
}

export interface ReportedDisk {
  /** What is kept there: `state`, `builds`. */
  readonly use: string;
  readonly path: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** How the agent is kept running on its machine. */
export interface ReportedService {
  readonly manager: 'openrc' | 'systemd';
  readonly name: string;
  readonly running: boolean;
  /** Started at boot. */
  readonly enabled: boolean;
}

export type CronName = 'cronie' | 'vixie-cron' | 'dcron' | 'fcron';

export interface CronReport {
  /** Those that are installed or run. */
  readonly daemons: readonly {
    readonly name: CronName;
    readonly installed: boolean;
    readonly running: boolean;
  }[];
  /** Files with entries in any place that any cron reads, each with its lines. */
  readonly tables: readonly { readonly path: string; readonly lines: readonly string[] }[];
  /** Names of accounts: what stands where an entry has its user. */
  readonly users: readonly string[];
  /** Empty where systemd is not the init. */
  readonly timers: readonly {
    readonly unit: string;
    readonly enabled: boolean;
    readonly lastRunAt: string | null;
  }[];
  /** When the scripts of a directory such as `cron.daily` last ran, where a stamp tells it. */
  readonly lastRuns: readonly { readonly name: string; readonly at: string }[];
}

/** What a drone says of its machine. The machine's own configuration, not that of a plan. */
export interface MachineReport {
  readonly drone: string;
  /** The build target that it is set up for. */
  readonly profile: string;
  readonly agentVersion: string;
  readonly makeProfile: Told<string>;
  /** As Portage evaluates them. */
  readonly variables: Told<Readonly<Record<string, string>>>;
  /** Text files below etc/portage, by their path there. */
  readonly files: Told<Readonly<Record<string, string>>>;
  readonly repositories: Told<readonly ReportedRepository[]>;
  /** Versions of what makes binaries: `gcc`, `ld`, `glibc`, `python3`, `portage`. */
  readonly toolchain: Told<Readonly<Record<string, string>>>;
  readonly disks: Told<readonly ReportedDisk[]>;
  readonly service: Told<ReportedService>;
  readonly cron: Told<CronReport>;
}
