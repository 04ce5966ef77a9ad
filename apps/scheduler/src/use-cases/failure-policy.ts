import type { FailureClass } from '@swarm/contracts';

/** How a failure of each class is met. */
const policies = {
  compile: { retriable: true, passing: false },
  unknown: { retriable: true, passing: false },
  dependency: { retriable: true, passing: true },
  fetch: { retriable: true, passing: true },
  upload: { retriable: true, passing: true },
  'disk-full': { retriable: true, passing: true },
  'out-of-memory': { retriable: true, passing: true },
  killed: { retriable: true, passing: true },
  timeout: { retriable: true, passing: true },
  silence: { retriable: true, passing: true },
  // What the configuration or the tree forbids, no drone can change.
  masked: { retriable: false, passing: false },
  'use-change': { retriable: false, passing: false },
  'slot-conflict': { retriable: false, passing: false },
  circular: { retriable: false, passing: false },
} as const satisfies Record<FailureClass, { retriable: boolean; passing: boolean }>;

/** True when another try can end differently. */
export function isRetriable(failure: FailureClass): boolean {
  return policies[failure].retriable;
}

/** True for a cause that time may remove: the next try waits for a while. */
export function isPassing(failure: FailureClass): boolean {
  return policies[failure].passing;
}
