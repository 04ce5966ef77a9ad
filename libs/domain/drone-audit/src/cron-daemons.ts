import type { CronName } from './machine-report.js';

/** How a daemon reads a file: with a user in each entry, without one, or in fcron's own way. */
export type CronForm = 'system' | 'user' | 'fcron';

const NICKNAMES = ['reboot', 'yearly', 'annually', 'monthly', 'weekly', 'daily', 'midnight', 'hourly'];
const PASSED_OVER = /(?:^|\/)(?:[.#][^/]*|[^/]*~|[^/]*\.(?:rpmsave|rpmorig|rpmnew|cfsaved))$/;

/** One field of a time, in any of the daemons' ways. */
const FIELD = /^[\d*/,~A-Za-z-]+$/;
const ENVIRONMENT = /^[A-Za-z_]\w*\s*=/;

/** How this daemon reads the file at that path; undefined where it never looks there. */
export function formOf(daemon: CronName, path: string): CronForm | undefined {
  if (PASSED_OVER.test(path)) return undefined;
  const isSpooled = path.startsWith('/var/spool/cron/');
  switch (daemon) {
    case 'cronie':
    case 'vixie-cron':
      if (path === '/etc/crontab' || path.startsWith('/etc/cron.d/')) return 'system';
      return isSpooled ? 'user' : undefined;
    case 'dcron':
      return path.startsWith('/etc/cron.d/') || isSpooled ? 'user' : undefined;
    case 'fcron':
      return path.startsWith('/var/spool/fcron/') ? 'fcron' : undefined;
  }
}

/** Lines that say when something is to run; comments and settings are none. */
export function entriesOf(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !line.startsWith('#') && !line.startsWith('!') && !ENVIRONMENT.test(line),
    );
}

/** Why this daemon does not run an entry as it was meant; undefined for a good one. */
export function mistakeIn(
  entry: string,
  {
    daemon,
    form,
    users,
  }: { readonly daemon: CronName; readonly form: CronForm; readonly users: readonly string[] },
): string | undefined {
  if (form === 'fcron') return undefined;
  if (/^[&%]|^@\s*\d|^@\w+\(/.test(entry)) return `it is in fcron's syntax, which ${daemon} does not load`;
  const words = entry.split(/\s+/);
  const isNamed = entry.startsWith('@');
  const command = isNamed ? words.slice(1) : words.slice(5);
  if (isNamed) {
    const nickname = (words[0] ?? '').slice(1).toLowerCase();
    const known = daemon === 'dcron' ? [...NICKNAMES, 'noauto'] : NICKNAMES;
    if (!known.includes(nickname)) return `${daemon} knows no @${nickname}`;
    const isTimed = nickname !== 'reboot' && nickname !== 'noauto';
    if (daemon === 'dcron' && isTimed && !(command[0] ?? '').startsWith('ID=')) {
      return `dcron wants ID=name after @${nickname}, and does not load it without`;
    }
  } else if (words.length < 6 || !words.slice(0, 5).every((field) => FIELD.test(field))) {
    return `${daemon} cannot read the time of it`;
  }
  return mistakeOfUser(command, { daemon, form, users });
}

/** The commonest mistake: an entry with a user where none belongs, or without one where one does (S1). */
function mistakeOfUser(
  [first = '', ...rest]: readonly string[],
  {
    daemon,
    form,
    users,
  }: { readonly daemon: CronName; readonly form: CronForm; readonly users: readonly string[] },
): string | undefined {
  const isUser = users.includes(first);
  if (form === 'system' && !isUser)
    return `${daemon} takes "${first}" for the user, and there is none of that name`;
  if (form === 'user' && isUser && rest.length > 0)
    return `${daemon} takes "${first}" for the command: this place has no user field`;
  return undefined;
}
