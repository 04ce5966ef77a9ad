import { randomUUID } from 'node:crypto';

import type { SyntheticBuild, WorkAssigned } from '@swarm/contracts';

export const TEST_KEY = 'a key for tests only';
export const TEST_PROFILE = 'lab';
export const TEST_TOKEN = 'token-of-sixteen-or-more';

/** A synthetic build for a drone, as the scheduler would give it. */
export function buildAssigned(
  drone: string,
  binhostUrl: string,
  synthetic: Partial<SyntheticBuild> = {},
): WorkAssigned & { readonly work: { readonly kind: 'build' } } {
  const attemptId = randomUUID();
  return {
    drone,
    attemptId,
    attempt: 1,
    profile: TEST_PROFILE,
    work: {
      kind: 'build',
      jobId: randomUUID(),
      cpv: 'lab-libs/greet-1.0-r1',
      slot: '0',
      use: ['nls'],
      repository: 'lab',
      dependencies: [],
      stagingUrl: `${binhostUrl}/staging/lab`,
      uploadUrl: `${binhostUrl}/upload/${attemptId}`,
      uploadToken: TEST_TOKEN,
      makeJobs: 1,
      timeoutMs: 60_000,
      silenceMs: 60_000,
      synthetic: { durationMs: 20, fails: 'never', sizeBytes: 1024, ...synthetic },
    },
  };
}

/** A plan to resolve, for a drone. */
export function resolveAssigned(
  drone: string,
  targets: readonly string[],
): WorkAssigned & { readonly work: { readonly kind: 'resolve' } } {
  return {
    drone,
    attemptId: randomUUID(),
    attempt: 1,
    profile: TEST_PROFILE,
    work: { kind: 'resolve', planId: randomUUID(), targets: [...targets] },
  };
}
