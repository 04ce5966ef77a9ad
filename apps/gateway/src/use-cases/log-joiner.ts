import type { LogWritten } from '@swarm/contracts';

type Chunk = Pick<LogWritten, 'offsetBytes' | 'text'>;

/**
 * Joins the chunks of one attempt's log into its text. A chunk that comes twice adds nothing; where bytes are
 * missing (a drone keeps head and tail of a log that is too long), the text says how many.
 */
export class LogJoiner {
  #nextBytes = 0;

  /** What this chunk adds. */
  take({ offsetBytes, text }: Chunk): string {
    const bytes = Buffer.from(text, 'utf8');
    const endBytes = offsetBytes + bytes.byteLength;
    if (endBytes <= this.#nextBytes) return '';
    const missing = offsetBytes - this.#nextBytes;
    this.#nextBytes = endBytes;
    if (missing > 0) return `\n[${missing} bytes of the log are not kept]\n${text}`;
    return missing === 0 ? text : bytes.subarray(-missing).toString('utf8');
  }
}
