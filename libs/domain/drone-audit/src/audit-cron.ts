import { entriesOf, formOf, mistakeIn } from './cron-daemons.js';
import { plainFinding, type AuditFinding } from './finding.js';
import type { CronName, CronReport } from './machine-report.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** When scripts that should run so often are late for sure. */
const LATE_AFTER_MS: Readonly<Record<string, number>> = {
  'cron.hourly': 3 * HOUR_MS,
  'cron.daily': 2 * DAY_MS,
  'cron.weekly': 15 * DAY_MS,
  'cron.monthly': 62 * DAY_MS,
};
/** Where each daemon wants the entries of root. */
const RIGHT_PLACE: Readonly<Record<CronName, string>> = {
  cronie: '/etc/cron.d, with a user in each entry',
  'vixie-cron': '/etc/crontab, with a user in each entry',
  dcron: 'the crontab of root (`crontab -e`), without a user',
  fcron: 'the fcrontab of root (`fcrontab -e`)',
};

/** Whether what the host's cron tables say is really run (S1). Pure. */
export function auditCron(report: CronReport, now: Date): readonly AuditFinding[] {
  const running = report.daemons.filter((daemon) => daemon.running).map(({ name }) => name);
  return [
    ...auditDaemons(report, running),
    ...report.tables.flatMap(({ path, lines }) =>
      running.length === 0 ? [] : auditTable({ path, entries: entriesOf(lines) }, running, report.users),
    ),
    ...report.timers.flatMap(({ unit, enabled }) => (enabled ? [] : [sleepingTimer(unit)])),
    ...report.lastRuns.flatMap(({ name, at }) => late(name, at, now)),
  ];
}

function auditDaemons(
  { daemons, tables }: CronReport,
  running: readonly CronName[],
): readonly AuditFinding[] {
  const subject = 'cron';
  if (running.length > 1) {
    const text = `${running.join(' and ')} run at once: entries that both load run twice`;
    return [plainFinding('warning', { subject, text, remedy: 'Stop and disable all but one.' })];
  }
  const count = tables.reduce((sum, { lines }) => sum + entriesOf(lines).length, 0);
  if (running.length > 0 || count === 0) return [];
  const installed = daemons.find((daemon) => daemon.installed)?.name;
  const text = `no cron daemon runs, so none of ${count} entries does${installed ? `; ${installed} is installed` : ''}`;
  const remedy = installed
    ? `Start ${installed} and enable it at boot (\`rc-update add ${installed} default\`).`
    : 'Install one (sys-process/cronie), start it, and enable it at boot.';
  return [plainFinding('error', { subject, text, remedy })];
}

function auditTable(
  { path, entries }: { readonly path: string; readonly entries: readonly string[] },
  running: readonly CronName[],
  users: readonly string[],
): readonly AuditFinding[] {
  const [daemon] = running;
  if (daemon === undefined || entries.length === 0) return [];
  const readers = running.flatMap((name) => {
    const form = formOf(name, path);
    return form === undefined ? [] : [{ daemon: name, form, users }];
  });
  if (readers.length === 0) {
    const text = `${running.join(' and ')} never reads ${path}: its entries do not run`;
    const remedy = `Move them to ${RIGHT_PLACE[daemon]}.`;
    return [{ severity: 'error', subject: `cron ${path}`, text, here: entries, there: [], remedy }];
  }
  return entries.flatMap((entry) => {
    const mistakes = readers.map((reader) => mistakeIn(entry, reader));
    const [mistake] = mistakes;
    // Loaded by one of them is loaded.
    if (mistake === undefined || mistakes.includes(undefined)) return [];
    const text = `an entry of ${path} does not run: ${mistake}`;
    const remedy = `Write it as ${daemon} reads it: ${RIGHT_PLACE[daemon]}.`;
    return [{ severity: 'error' as const, subject: `cron ${path}`, text, here: [entry], there: [], remedy }];
  });
}

function sleepingTimer(unit: string): AuditFinding {
  return plainFinding('warning', {
    subject: `timer ${unit}`,
    text: `${unit} is there and not enabled: it never fires`,
    remedy: `\`systemctl enable --now ${unit}\`, or remove it.`,
  });
}

function late(name: string, at: string, now: Date): readonly AuditFinding[] {
  const afterMs = LATE_AFTER_MS[name];
  const sinceMs = now.getTime() - Date.parse(at);
  if (afterMs === undefined || !(sinceMs > afterMs)) return [];
  const text = `the scripts of ${name} have not run since ${at}`;
  const remedy = 'See the log of the cron daemon, and that its crontab calls run-crons.';
  return [plainFinding('error', { subject: `cron ${name}`, text, remedy })];
}
