import type { Drone, DroneState } from '@swarm/domain-drone';

/** The instant of every test. */
export const NOW = new Date('2026-03-01T12:00:00Z');
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** So long before the instant of every test. */
export const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

/** A drone with a sign of this age. */
export function aDrone(
  state: DroneState,
  silentMs: number,
  over: Partial<Drone> & { readonly holds?: readonly string[]; readonly clockOffsetMs?: number } = {},
): Drone {
  const { holds = [], clockOffsetMs = 0, ...rest } = over;
  return {
    ...{ name: 'drone-1', state, reason: '', incarnation: 'i', enrolledAt: ago(HOUR) },
    ...{ grounding: null, badUpload: null, drain: null },
    capabilities: {
      ...{ profile: 'lab', executor: 'portage', slots: 1, cores: 2, memoryBytes: 1, portageVersion: '3' },
    },
    lastSign: {
      ...{ incarnation: 'i', sequence: 1, at: ago(silentMs), draining: false, load1: 0 },
      ...{ freeDiskBytes: 1, freeMemoryBytes: 1 },
      attempts: holds.map((attemptId) => ({ attemptId, phase: 'compile', sinceMs: 1 })),
      details: {
        ...{ pressure: null, clockOffsetMs, agentVersion: '1', portageVersion: '3' },
        ...{ uploadPath: 'good', fingerprint: null, drainReason: '' },
      },
    },
    ...rest,
  };
}
