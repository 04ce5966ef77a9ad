import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DroneTree, type Wanted } from './drone-tree.js';
import type { FleetDrone } from './fleet.js';
import { FleetTable } from './fleet-table.js';
import { asked, fleetDrone } from './why.arbitrary.js';
import { WorkBoard } from './work-board.js';

/** Powers of two, so that different drones often end a build at the very same time. */
const anyDrone = fc.record({
  speed: fc.constantFrom(1, 2, 4),
  overheadMs: fc.constantFrom(0, 1, 2, 4),
  memoryBytes: fc.constantFrom(4, 8),
  freeDiskBytes: fc.constantFrom(4, 8),
});
const anyQuestion = fc.record({
  expectedMs: fc.constantFrom(0, 4, 8, 16),
  need: fc.record({
    memoryBytes: fc.constantFrom(0, 0, 8, 16),
    diskBytes: fc.constantFrom(0, 0, 8),
    timesOutOfMemory: fc.constant(0),
  }),
  without: fc.array(fc.nat(11), { maxLength: 3 }),
});
const anyTurn = fc.record({ at: fc.nat(11), endMs: fc.constantFrom(1, 2, 4, 8), isWait: fc.boolean() });

function tableOf(drones: readonly (typeof anyDrone extends fc.Arbitrary<infer T> ? T : never)[]): FleetTable {
  const fleet = drones.map(({ speed, overheadMs, memoryBytes, freeDiskBytes }, at): FleetDrone => {
    const { drone } = fleetDrone(`drone-${at}`);
    const capabilities = { ...drone.capabilities, memoryBytes };
    const lastSign = { ...drone.lastSign, freeDiskBytes };
    return { drone: { ...drone, capabilities, lastSign }, speed, overheadMs, otherWork: 0 };
  });
  const board = new WorkBoard({ maxFailures: 1, maxReclaims: 1 }, () => ({ medianMs: 1, sigma: 0.5 }));
  return new FleetTable(fleet, board, asked);
}

/** As the tree has it, by asking everyone. */
function askedOfAll(
  table: FleetTable,
  { expectedMs, need, without }: Wanted,
  isMeant: (at: number) => boolean,
): { at: number; endMs: number } {
  let found = { at: -1, endMs: Infinity };
  for (const [at, { drone }] of table.drones.entries()) {
    const hasAll =
      drone.capabilities.memoryBytes >= need.memoryBytes && drone.lastSign.freeDiskBytes >= need.diskBytes;
    const endMs = table.endMs(at, expectedMs);
    if (isMeant(at) && hasAll && !without.includes(at) && endMs < found.endMs) found = { at, endMs };
  }
  return found;
}

describe('the drone that ends a build first', () => {
  it('is found as by asking everyone, whatever was given out before; the first of the fleet among equals', () => {
    const anyFleet = fc.array(anyDrone, { maxLength: 12, size: 'max' });
    const anyTurns = fc.array(fc.tuple(anyTurn, anyQuestion), { minLength: 1, maxLength: 12, size: 'max' });
    fc.assert(
      fc.property(anyFleet, fc.nat(3), anyTurns, (drones, skipped, turns) => {
        const table = tableOf(drones);
        const isMember = (at: number): boolean => at % 4 !== skipped;
        const members = [...table.drones.keys()].filter(isMember);
        const tree = new DroneTree(table, members);
        for (const [{ at, endMs, isWait }, wanted] of turns) {
          if (at < drones.length && isWait) table.reserve(at, endMs);
          else if (at < drones.length && (table.free[at] ?? 0) > 0) table.give(at, endMs, false);
          tree.update(at);
          const isFree = (each: number): boolean => isMember(each) && (table.free[each] ?? 0) > 0;
          expect(tree.soonest(wanted)).toMatchObject(askedOfAll(table, wanted, isMember));
          expect(tree.soonestFree(wanted)).toMatchObject(askedOfAll(table, wanted, isFree));
          expect(tree.hasRoom).toBe(members.some(isFree));
        }
      }),
      { numRuns: 500 },
    );
  });
});
