import Table from 'cli-table3';

const MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
/** Borders are noise in a terminal, and break `awk` in a pipe. */
const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Aligned columns under headings; `nothing` where there are no rows. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  nothing: string,
): string {
  if (rows.length === 0) return `${nothing}\n`;
  const made = new Table({
    head: head.map((heading) => heading.toUpperCase()),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  made.push(...rows.map((row) => row.map((cell) => plain(String(cell)))));
  const lines = made.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** One line without control characters: text of a drone or a build must not drive the terminal. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
}

/** A build log as a terminal may show it: colours stay for people, every other escape goes. */
export function logText(text: string, isTerminal: boolean): string {
  const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.?)/gs;
  const isColour = /^\u001b\[[0-9;]*m$/;
  const kept = text.replaceAll(escapes, (escape) => (isTerminal && isColour.test(escape) ? escape : ''));
  return kept.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/g, '');
}

export function percent(rate: number | null): string {
  if (rate === null) return 'none attempted';
  // Never rounded up to 100 %: that is for when nothing failed.
  return rate === 1 ? '100 %' : `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;
}

export function duration(ms: number): string {
  if (ms < MS.minute) return `${Math.round(ms / MS.second)} s`;
  if (ms < MS.hour) return `${Math.floor(ms / MS.minute)} min`;
  if (ms < MS.day) return `${Math.floor(ms / MS.hour)} h ${Math.floor((ms % MS.hour) / MS.minute)} min`;
  return `${Math.floor(ms / MS.day)} d`;
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? 'B'}`;
}

/** `12:03:45` today, with the date before it otherwise. */
export function clockTime(iso: string, now: Date): string {
  const [date = '', time = ''] = iso.split('T');
  const short = time.slice(0, 8);
  return now.toISOString().startsWith(date) ? short : `${date} ${short}`;
}

/** ` (synthetic)` behind everything that no compiler made. */
export function mark(synthetic: boolean): string {
  return synthetic ? ' (synthetic)' : '';
}
