/** Keeps the end of a stream in bounded memory. */
export class TextTail {
  private chunks: Buffer[] = [];
  private bytes = 0;

  /** `limitBytes`: how much of the end is kept. */
  constructor(private readonly limitBytes: number) {}

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    // Joined only now and then, so that many small chunks cost little.
    if (this.bytes > 2 * this.limitBytes) this.compact();
  }

  /** The end of what was added, as text; a character cut in half at the start is dropped. */
  text(): string {
    this.compact();
    return Buffer.concat(this.chunks)
      .toString('utf8')
      .replace(/^\uFFFD+/, '');
  }

  private compact(): void {
    const kept = Buffer.concat(this.chunks).subarray(-this.limitBytes);
    this.chunks = [Buffer.from(kept)];
    this.bytes = kept.length;
  }
}

/** Removes terminal escapes: ebuilds write to a pseudo-terminal even when emerge does not (Portage 3.0.82). */
export function withoutAnsi(text: string): string {
  return text
    .replace(/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|\u001B\\)|[@-Z\\^_])/g, '')
    .replace(/\r(?=\n)/g, '');
}
