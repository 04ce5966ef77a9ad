/**
 * A UUID (version 8, RFC 9562) made of a SHA-256 in hex: the same words always name the same fact, so that whoever
 * finds it a second time stores it once.
 */
export function uuidOf(sha256: string): string {
  const variant = '89ab'[Number.parseInt(sha256.slice(16, 17), 16) % 4] ?? '8';
  return [
    sha256.slice(0, 8),
    sha256.slice(8, 12),
    `8${sha256.slice(13, 16)}`,
    `${variant}${sha256.slice(17, 20)}`,
    sha256.slice(20, 32),
  ].join('-');
}

/** The words that name the run of an occurrence. */
export function runWords(schedule: string, occurrence: Date): string {
  return JSON.stringify(['schedule-run', schedule, occurrence.toISOString()]);
}

/** The words that name the alarm for a missed occurrence, whoever raises it. */
export function alarmWords(schedule: string, occurrence: Date): string {
  return JSON.stringify(['schedule-missed', schedule, occurrence.toISOString()]);
}
