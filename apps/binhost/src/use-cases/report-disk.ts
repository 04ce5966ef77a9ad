import type { MaintenanceRepository } from '@swarm/domain-maintenance';
import type { Clock } from '@swarm/kernel';

/** How often the binhost says how full its disk is: the maintenance sweep, maybe on another machine, reads it. */
export const REPORT_DISK_EVERY_MS = 60_000;

export interface ReportDiskPorts {
  readonly disks: Pick<MaintenanceRepository, 'reportDisk'>;
  /** Of the file system that everything is stored on. */
  readonly space: () => Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
  readonly clock: Clock;
}

/** Puts on record how full the disk of the binhost is now. */
export async function reportDisk({ disks, space, clock }: ReportDiskPorts): Promise<void> {
  const { freeBytes, totalBytes } = await space();
  await disks.reportDisk({ place: 'binhost', freeBytes, totalBytes, at: clock.now() });
}
