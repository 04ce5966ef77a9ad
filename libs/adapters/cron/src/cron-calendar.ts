import { Cron } from 'croner';

import type { Calendar, Rule, ScheduleMistake } from '@swarm/domain-schedule';
import { err, ok, type Result } from '@swarm/kernel';

const NAMED = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'] as const;
const HOW_TO_WRITE = `write five fields (minute hour day month weekday), e.g. "30 2 * * *", or one of ${NAMED.join(' ')}`;
/** What the five fields may be made of. The parser itself also takes dates, seconds and `?`, which depend on when they are read. */
const FIELDS = /^[\w*,/#+-]+(?: +[\w*,/#+-]+){4}$/;
const MAX_CRON_LENGTH = 200;
/** Rules that are kept parsed; beyond it the oldest goes. */
const MAX_PARSED = 1_000;

/**
 * Cron expressions over croner. At a change of the clocks, a run whose time does not exist comes at the end of the
 * gap, and one whose time comes twice runs the first time only; expressions with a wildcard or a step in the time go
 * on at their intervals.
 */
export function cronCalendar(): Calendar {
  const parsed = new Map<string, Cron>();
  const cronOf = (rule: Rule): Cron => {
    const key = `${rule.zone} ${rule.cron}`;
    const known = parsed.get(key);
    if (known) return known;
    const cron = parse(rule);
    const [oldest] = parsed.keys();
    if (oldest !== undefined && parsed.size >= MAX_PARSED) parsed.delete(oldest);
    parsed.set(key, cron);
    return cron;
  };
  return {
    check: (rule) => mistakeOf(rule),
    next: (rule, after) => cronOf(rule).nextRun(after) ?? undefined,
  };
}

/** Rejects what `check` would name as a mistake. */
function parse({ cron, zone }: Rule): Cron {
  return new Cron(cron.trim(), {
    timezone: zone,
    mode: '5-part',
    fixedTimeRule: 'no-wildcard',
    paused: true,
  });
}

function mistakeOf(rule: Rule): Result<true, ScheduleMistake> {
  if (!isZone(rule.zone)) {
    return wrong('zone', `"${rule.zone}" is no time zone: give an IANA name, e.g. Europe/Berlin or UTC`);
  }
  const cron = rule.cron.trim();
  const isNamed = (NAMED as readonly string[]).includes(cron.toLowerCase());
  if (cron.length > MAX_CRON_LENGTH) return wrong('cron', `has at most ${MAX_CRON_LENGTH} characters`);
  if (!isNamed && !FIELDS.test(cron))
    return wrong('cron', `"${cron}" is no cron expression: ${HOW_TO_WRITE}`);
  try {
    // Years without a leap day are few; a date that never comes has no next run in any of them.
    if (parse(rule).nextRun(new Date(0)) === null) {
      return wrong('cron', `"${cron}" never comes true: there is no such date`);
    }
    return ok(true);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^\w+: /, '') : String(error);
    return wrong('cron', `"${cron}" is no cron expression: ${reason}; ${HOW_TO_WRITE}`);
  }
}

/** Offsets such as `+02:00` are none: they know no change of the clocks. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function wrong(field: string, message: string): Result<true, ScheduleMistake> {
  return err({ field, message });
}
