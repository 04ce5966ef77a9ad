import { describe, expect, it } from '@jest/globals';

import { auditCron } from './audit-cron.js';
import type { CronName, CronReport } from './machine-report.js';

const NOW = new Date('2026-01-10T12:00:00Z');

function report(running: readonly CronName[], tables: Readonly<Record<string, string>>): CronReport {
  return {
    daemons: running.map((name) => ({ name, installed: true, running: true })),
    tables: Object.entries(tables).map(([path, text]) => ({ path, lines: text.split('\n') })),
    ...{ users: ['root', 'alice'], timers: [], lastRuns: [] },
  };
}
const textsOf = (given: CronReport): string[] => auditCron(given, NOW).map(({ text }) => text);

describe('an entry in a cron table', () => {
  it.each<[CronName, string, string]>([
    ['cronie', '/etc/crontab', 'SHELL=/bin/sh\n# note\n59 * * * * root run-parts\n@daily root x'],
    ['cronie', '/etc/cron.d/swarm', '0 3 * * mon-fri root swarm plan'],
    ['cronie', '/var/spool/cron/crontabs/root', '*/5 * * * * /usr/bin/x'],
    ['dcron', '/var/spool/cron/crontabs/root', '0 3 * * * /usr/bin/x\n@daily ID=swarm /usr/bin/x'],
    ['dcron', '/etc/cron.d/swarm', '0 3 * * * /usr/bin/x'],
    ['fcron', '/var/spool/fcron/root.orig', '%nightly,mail(no) * 21-23,3-5 echo x\n@ 30 /usr/bin/x'],
  ])('as %s reads it in %s is fine (S1)', (daemon, path, text) => {
    expect(textsOf(report([daemon], { [path]: text }))).toEqual([]);
  });

  it.each<[string, CronName, string, string, string]>([
    [
      'in a place that dcron never reads',
      'dcron',
      '/etc/crontab',
      '0 3 * * * root x',
      'dcron never reads /etc/crontab',
    ],
    [
      'in a place that fcron never reads',
      'fcron',
      '/etc/cron.d/swarm',
      '0 3 * * * root x',
      'fcron never reads',
    ],
    [
      'with a user where none belongs',
      'dcron',
      '/etc/cron.d/swarm',
      '0 3 * * * root x',
      'this place has no user field',
    ],
    [
      'without its user',
      'cronie',
      '/etc/cron.d/swarm',
      '0 3 * * * /usr/bin/x',
      'takes "/usr/bin/x" for the user',
    ],
    ['in the syntax of fcron', 'cronie', '/var/spool/cron/root', '&bootrun 0 3 * * * x', "in fcron's syntax"],
    [
      'in the syntax of cronie',
      'dcron',
      '/var/spool/cron/crontabs/root',
      '@daily /usr/bin/x',
      'dcron wants ID=name',
    ],
    [
      'with a time that nobody reads',
      'cronie',
      '/var/spool/cron/root',
      'every day at 3 x',
      'cannot read the time',
    ],
    ['in a file that is passed over', 'cronie', '/etc/cron.d/swarm~', '0 3 * * * root x', 'never reads'],
  ])('%s is an error, with what is wrong with it (S1)', (_what, daemon, path, text, said) => {
    const [finding, ...more] = auditCron(report([daemon], { [path]: text }), NOW);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ severity: 'error', here: [text], text: expect.stringContaining(said) });
  });
});

describe('the cron of a machine', () => {
  it('that does not run is an error where there are entries, and nothing where there are none (S1)', () => {
    const table = { '/etc/crontab': '0 3 * * * root x' };
    const sleeping = {
      ...report([], table),
      daemons: [{ name: 'dcron', installed: true, running: false } as const],
    };
    expect(textsOf(sleeping)).toEqual(['no cron daemon runs, so none of 1 entries does; dcron is installed']);
    expect(textsOf(report([], {}))).toEqual([]);
  });

  it('that has two daemons is a warning; what one of them loads is loaded', () => {
    const found = textsOf(report(['cronie', 'dcron'], { '/etc/crontab': '0 3 * * * root x' }));
    expect(found).toEqual([expect.stringContaining('run at once')]);
  });

  it('is late by its stamps, and a timer that is not enabled never fires (S1)', () => {
    const given = {
      ...report(['cronie'], {}),
      timers: [
        { unit: 'a.timer', enabled: true, lastRunAt: null },
        { unit: 'b.timer', enabled: false, lastRunAt: null },
      ],
      lastRuns: [
        { name: 'cron.hourly', at: '2026-01-10T11:00:00.000Z' },
        { name: 'cron.daily', at: '2026-01-07T03:00:00.000Z' },
        { name: 'cron.unknown', at: '2020-01-01T00:00:00.000Z' },
      ],
    };
    expect(textsOf(given)).toEqual([
      'b.timer is there and not enabled: it never fires',
      'the scripts of cron.daily have not run since 2026-01-07T03:00:00.000Z',
    ]);
  });
});
