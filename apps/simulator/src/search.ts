import { randomSwarm } from './random-swarm.js';
import { simulate, type Setting } from './simulate.js';

/** What looking through many random swarms found. */
export interface Search {
  readonly events: number;
  readonly swarms: number;
  /** The first seed that broke something, and what; it replays with `--replay`. */
  readonly broken: { readonly seed: number; readonly violations: readonly string[] } | null;
}

/** A swarm that is still going on after so many events is not looked at any longer. */
const MAX_EVENTS_EACH = 100_000;

/** Plays random swarms, one seed after another, until so many events have happened or one breaks an invariant. */
export function search(
  firstSeed: number,
  wantedEvents: number,
  planted: Setting['planted'] = {},
  onSwarm: (search: Search) => void = () => undefined,
): Search {
  let [events, swarms] = [0, 0];
  for (let seed = firstSeed; events < wantedEvents; seed += 1) {
    const history = simulate({ ...randomSwarm(seed), maxEvents: MAX_EVENTS_EACH, planted });
    events += history.events;
    swarms += 1;
    const { violations } = history;
    if (violations.length > 0) return { events, swarms, broken: { seed, violations } };
    onSwarm({ events, swarms, broken: null });
  }
  return { events, swarms, broken: null };
}
