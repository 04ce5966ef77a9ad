import { SwarmError } from '@swarm/kernel';

const MS_OF_UNIT = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of an option such as `30s`, `10m`, `4h` or `2d`; exit code 2 for anything else. */
export function durationMs(option: string, text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new SwarmError('SWARM_USAGE', `${option}: "${text}" is no duration.`, {
      hint: 'Write a number and a unit: 30s, 10m, 4h or 2d.',
    });
  }
  return Number(count) * MS_OF_UNIT[unit as keyof typeof MS_OF_UNIT];
}
