import type { CheckView, DoctorView } from '@swarm/contracts';
import { pageOf, type CheckRecord, type CheckResult } from '@swarm/domain-maintenance';

import type { GatewayPorts } from '../ports.js';

/** The sweep runs every minute; what is older than this says nothing of now. */
const OVERDUE_AFTER_MS = 180_000;
const OVERDUE_PAGE = pageOf('sweep');

const URGENCY: Readonly<Record<CheckResult, number>> = { alarm: 0, warning: 1, ok: 2 };

/**
 * The checks as the ledger has them, and whether they are of now: a monitor that is down cannot say so itself (S31).
 * Alarms come first.
 */
export async function readDoctor({
  maintenance,
  clock,
}: Pick<GatewayPorts, 'maintenance' | 'clock'>): Promise<DoctorView> {
  const records = await maintenance.checks();
  const now = clock.now();
  const ranAt = records.reduce<Date | null>(
    (latest, each) => (latest === null || each.ranAt > latest ? each.ranAt : latest),
    null,
  );
  const isOverdue = ranAt === null || now.getTime() - ranAt.getTime() > OVERDUE_AFTER_MS;
  const checks = records.toSorted((a, b) => URGENCY[a.result] - URGENCY[b.result]).map(checkView);
  return {
    at: now.toISOString(),
    sweep: {
      ranAt: ranAt?.toISOString() ?? null,
      isOverdue,
      detail: isOverdue ? overdueText(ranAt) : '',
    },
    checks,
    isWell: !isOverdue && checks.every(({ result }) => result !== 'alarm'),
  };
}

function overdueText(ranAt: Date | null): string {
  const when = ranAt === null ? 'has never run' : `has not run since ${ranAt.toISOString()}`;
  return `the maintenance sweep ${when}: does a health monitor lead, and does it reach Postgres? ${OVERDUE_PAGE}`;
}

function checkView({ name, result, detail, ranAt, notOkSince }: CheckRecord): CheckView {
  return {
    ...{ name, result, detail, page: pageOf(name) },
    ...{ ranAt: ranAt.toISOString(), notOkSince: notOkSince?.toISOString() ?? null },
  };
}
