/** How the latest upload ended, as this drone saw it; nothing is known before the first one. */
export class PathHealth {
  #state: 'good' | 'bad' | 'unknown' = 'unknown';

  get state(): 'good' | 'bad' | 'unknown' {
    return this.#state;
  }

  /** The binhost answered, whatever it said of the artifact. */
  reached(): void {
    this.#state = 'good';
  }

  failed(): void {
    this.#state = 'bad';
  }
}
