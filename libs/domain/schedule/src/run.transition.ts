import { err, ok, type Result } from '@swarm/kernel';

import { runLifecycle } from './run.lifecycle.js';
import type { RunEvent, RunEventType, RunState, ScheduleRun } from './run.js';

/** Why an event changes nothing: it stands in no row of the table. */
export interface IllegalRunEvent {
  readonly state: RunState;
  readonly event: RunEventType;
}

/** A run after an event, or why there is none. Pure and total. */
export function runAfter(run: ScheduleRun, event: RunEvent, now: Date): Result<ScheduleRun, IllegalRunEvent> {
  const row: Readonly<Partial<Record<RunEventType, RunState>>> = runLifecycle[run.state];
  const state = row[event.type];
  if (state === undefined) return err({ state: run.state, event: event.type });
  const since = state === run.state ? run.since : now;
  return ok({ ...run, ...changesBy(event, now), state, since });
}

function changesBy(event: RunEvent, now: Date): Partial<ScheduleRun> {
  switch (event.type) {
    case 'started':
      return { detail: 'names the version of its profile' };
    case 'synced':
      return { configuration: event.configuration, detail: 'makes its plan' };
    case 'planned':
      return { planId: event.planId, detail: 'its plan is resolved' };
    case 'resolved':
    case 'built':
    case 'verified':
      return { detail: event.detail };
    case 'closed':
      return { outcome: event.outcome, detail: event.detail };
    case 'notified':
      return { endedAt: now };
  }
}
