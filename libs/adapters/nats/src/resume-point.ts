/** Where in a stream a reader goes on when its consumer has to be made again. */
export class ResumePoint {
  readonly #unsettled = new Set<number>();
  #next: number;

  /** `next`: sequence of the first message that the reader wants. */
  constructor(next: number) {
    this.#next = next;
  }

  /** Sequence of the oldest message that may still have to be handled. */
  get next(): number {
    return Math.min(this.#next, ...this.#unsettled);
  }

  delivered(sequence: number): void {
    this.#unsettled.add(sequence);
    this.#next = Math.max(this.#next, sequence + 1);
  }

  settled(sequence: number): void {
    this.#unsettled.delete(sequence);
  }
}
