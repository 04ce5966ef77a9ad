import { describe, expect, it } from '@jest/globals';
import { DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { streams } from '@swarm/contracts';

import { desiredStream, differences, planStream } from './stream-diff.js';

const server = { takesBatches: true };
const builds = desiredStream(streams.BUILDS, server);
const events = desiredStream(streams.EVENTS, server);

describe('the plan for a stream', () => {
  it('creates what is not there', () => {
    expect(planStream(undefined, builds)).toEqual({ action: 'create' });
  });

  it('keeps what is as desired, whatever else the operator has set', () => {
    expect(planStream({ ...builds, num_replicas: 3, max_msgs: 10 }, builds)).toEqual({ action: 'keep' });
  });

  it('sees no change in the order of subjects', () => {
    const current = { ...events, subjects: ['b.*', 'a.*'] };
    expect(planStream(current, { ...events, subjects: ['a.*', 'b.*'] })).toEqual({ action: 'keep' });
    expect(
      planStream({ ...events, subjects: ['a.*', 'a.*'] }, { ...events, subjects: ['a.*', 'b.*'] }),
    ).toMatchObject({
      action: 'update',
    });
  });

  it('updates what a server can change, and names it', () => {
    const current = { ...events, max_bytes: 1, subjects: ['old.*'] };
    expect(planStream(current, events)).toEqual({
      action: 'update',
      changes: [
        { field: 'subjects', from: ['old.*'], to: events.subjects },
        { field: 'max_bytes', from: 1, to: events.max_bytes },
      ],
    });
  });

  it.each([
    ['retention', { retention: RetentionPolicy.Limits }],
    ['storage', { storage: StorageType.Memory }],
  ])('refuses another %s, and changes nothing else then', (field, change) => {
    const plan = planStream({ ...builds, max_bytes: 1, ...change }, builds);
    expect(plan).toMatchObject({ action: 'refuse', changes: [{ field }] });
  });
});

describe('the desired stream', () => {
  it('refuses new work rather than dropping the oldest, where it is a queue', () => {
    expect(builds.discard).toBe(DiscardPolicy.New);
    expect(events.discard).toBe(DiscardPolicy.Old);
  });

  it('takes batches where the server knows them, and leaves that alone elsewhere', () => {
    const elsewhere = desiredStream(streams.EVENTS, { takesBatches: false });
    const without = { ...elsewhere };
    expect(planStream(without, elsewhere)).toEqual({ action: 'keep' });
    expect(planStream(events, elsewhere)).toEqual({ action: 'keep' });
    expect(planStream(without, events)).toEqual({
      action: 'update',
      changes: [{ field: 'allow_atomic', from: undefined, to: true }],
    });
  });

  it('is no different from itself', () => {
    for (const definition of Object.values(streams)) {
      expect(differences(desiredStream(definition, server), desiredStream(definition, server))).toEqual([]);
    }
  });
});
