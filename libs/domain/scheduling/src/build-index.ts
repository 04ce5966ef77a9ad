import type { BoardJob } from './board-job.js';

const NONE: readonly BoardJob[] = [];

/** Jobs of all plans by the build that serves them. */
export class BuildIndex {
  /** By profile, then by build key: a key that was put together would cost more than all the rest. */
  readonly #profiles = new Map<string, Map<string, readonly BoardJob[]>>();

  /** Jobs of a profile that the same build serves, in the order in which they came. */
  of(profile: string, buildKey: string): readonly BoardJob[] {
    return this.#profiles.get(profile)?.get(buildKey) ?? NONE;
  }

  add(entry: BoardJob): void {
    const { profile, buildKey } = entry.job.spec;
    let builds = this.#profiles.get(profile);
    if (!builds) {
      builds = new Map();
      this.#profiles.set(profile, builds);
    }
    const known = builds.get(buildKey);
    builds.set(buildKey, known ? [...known, entry] : [entry]);
  }

  remove(entry: BoardJob): void {
    const { profile, buildKey } = entry.job.spec;
    const builds = this.#profiles.get(profile);
    const left = builds?.get(buildKey)?.filter((other) => other !== entry) ?? NONE;
    if (left.length > 0) builds?.set(buildKey, left);
    else builds?.delete(buildKey);
    if (builds?.size === 0) this.#profiles.delete(profile);
  }
}
