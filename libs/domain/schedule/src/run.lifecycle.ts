import type { RunEventType, RunState } from './run.js';

type Lifecycle = Readonly<Record<RunState, Readonly<Partial<Record<RunEventType, RunState>>>>>;

/**
 * Every legal move of a run: state → event → next state. Each step of the pipeline is one state, so that a scheduler
 * that starts anew knows where to go on. The diagram in docs/lifecycles.md and the property tests derive from this.
 */
export const runLifecycle = {
  queued: { started: 'syncing', closed: 'notifying' },
  syncing: { synced: 'resolving', closed: 'notifying' },
  resolving: { planned: 'resolving', resolved: 'building', closed: 'notifying' },
  building: { built: 'verifying', closed: 'notifying' },
  verifying: { verified: 'promoting', closed: 'notifying' },
  promoting: { closed: 'notifying' },
  notifying: { notified: 'ended' },
  ended: {},
} as const satisfies Lifecycle;

/** True for a run that is at work: neither waiting for its turn nor over. */
export function isActive(state: RunState): boolean {
  return state !== 'queued' && state !== 'notifying' && state !== 'ended';
}
