import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import {
  defineMessage,
  filterFor,
  filterOf,
  SUBJECT_TOKEN,
  subjectOf,
  type Payload,
} from './define-message.js';

const Placed = defineMessage({
  carrier: 'core',
  subject: 'test.v1.placed.{drone}.{job}',
  schema: z.object({ drone: z.string(), job: z.string(), cores: z.int() }),
  dedupe: ({ job }) => job,
  meaning: 'For this test only.',
});
const payload: Payload<typeof Placed> = { drone: 'drone-1', job: 'a_B-9', cores: 4 };

describe('a message', () => {
  it('is published on the subject that its own fields give', () => {
    expect(subjectOf(Placed, payload)).toBe('test.v1.placed.drone-1.a_B-9');
  });

  it('is covered by a filter with a wildcard for each field', () => {
    expect(filterOf(Placed)).toBe('test.v1.placed.*.*');
    expect(filterFor(Placed, { drone: 'drone-1' })).toBe('test.v1.placed.drone-1.*');
    expect(filterFor(Placed, {})).toBe(filterOf(Placed));
  });
});

describe('a subject token', () => {
  const bad = ['a.>', 'a.b', '>', '*', '', ' ', 'a b', 'a\n', 'a\r\nPUB x', 'ä', '{drone}'];

  it.each(bad)('%j is refused in a subject', (drone) => {
    expect(() => subjectOf(Placed, { ...payload, drone })).toThrow('subject token (drone)');
  });

  it.each(bad)('%j is refused in a filter', (drone) => {
    expect(() => filterFor(Placed, { drone })).toThrow('subject token (drone)');
    expect(SUBJECT_TOKEN.test(drone)).toBe(false);
  });

  it('that is missing is refused, and never becomes "undefined"', () => {
    const { drone: _drone, ...rest } = payload;
    expect(() => subjectOf(Placed, rest as typeof payload)).toThrow('"" cannot be a subject token (drone)');
  });
});

describe('what must not compile', () => {
  it('is refused by the types; `npm run typecheck` fails where a line below compiles', () => {
    const common = { carrier: 'core', dedupe: () => '', meaning: '' } as const;
    defineMessage({
      ...common,
      subject: 'test.v1.{dorne}',
      // @ts-expect-error -- the subject has a token that the schema lacks
      schema: z.object({ drone: z.string() }),
    });
    defineMessage({
      ...common,
      subject: 'test.v1.{cores}',
      // @ts-expect-error -- a number is no subject token
      schema: z.object({ cores: z.int() }),
    });
    defineMessage({
      ...common,
      subject: 'test.v1.{drone}',
      // @ts-expect-error -- a field that may be missing is no subject token
      schema: z.object({ drone: z.string().optional() }),
    });
    defineMessage({
      ...common,
      // @ts-expect-error -- there is no such stream
      carrier: 'BUILD',
      subject: 'test.v1.x',
      schema: z.object({}),
    });
    // @ts-expect-error -- a payload without one of its fields
    const incomplete: Payload<typeof Placed> = { drone: 'a', job: 'b' };
    // @ts-expect-error -- a message that is published needs the fields of its own schema
    expect(() => subjectOf(Placed, { drone: 'a' })).toThrow('job');
    expect(incomplete).not.toHaveProperty('cores');
  });
});
