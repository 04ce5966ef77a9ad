import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { filterOf, subjectOf, type Message } from './define-message.js';
import { events, messageNamed, messages, outgoing } from './registry.js';
import { streams, type StreamDefinition } from './streams.js';

const all: [string, Message][] = Object.entries(messages);
const everyStream: [string, StreamDefinition][] = Object.entries(streams);
const GOLDEN = join(import.meta.dirname, '../fixtures/messages/v1');

/** Whether some subject matches both; `*` stands for one token, `>` for one or more (NATS' subject mapping). */
function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; ; i += 1) {
    const [l, r] = [left[i], right[i]];
    if (l === undefined || r === undefined) return l === r;
    if (l === '>' || r === '>') return true;
    if (l !== '*' && r !== '*' && l !== r) return false;
  }
}

/** The streams that would store a message of this subject. */
function streamsOf(subject: string): string[] {
  return everyStream
    .filter(([, { subjects }]) => subjects.some((pattern) => overlap(pattern, subject)))
    .map(([name]) => name);
}

describe('subjects', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['*.b', 'a.*', true],
    ['a.b', 'a.c', false],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlap(a, b)).toBe(expected);
  });

  it('of two streams never overlap, nor do two of one stream', () => {
    const subjects = everyStream.flatMap(([, stream]) => stream.subjects);
    for (const [i, one] of subjects.entries()) {
      for (const other of subjects.slice(i + 1))
        expect([one, other, overlap(one, other)]).toEqual([one, other, false]);
    }
  });

  it('of two messages never overlap: what arrives is of one message only', () => {
    for (const [i, [name, message]] of all.entries()) {
      for (const [other, second] of all.slice(i + 1)) {
        expect([name, other, overlap(filterOf(message), filterOf(second))]).toEqual([name, other, false]);
      }
    }
  });

  it.each(all)(
    'of %s lie in its own stream and in no other; those of core NATS in none',
    (_name, message) => {
      expect(streamsOf(filterOf(message))).toEqual(message.carrier === 'core' ? [] : [message.carrier]);
    },
  );

  it.each(all)('of %s carry the version', (_name, { subject }) => {
    expect(subject).toMatch(/^swarm\.v1\./);
  });
});

describe('the registry', () => {
  it('says of each message and each stream what it means', () => {
    for (const [, { meaning }] of all) expect(meaning).not.toBe('');
    for (const [, { meaning }] of everyStream) expect(meaning).not.toBe('');
  });

  it('has exactly the messages of the EVENTS stream as events', () => {
    expect(Object.keys(events).sort()).toEqual(
      all
        .filter(([, { carrier }]) => carrier === 'EVENTS')
        .map(([name]) => name)
        .sort(),
    );
  });

  it('finds a message by its name, and nothing by a name that is none', () => {
    expect(messageNamed('JobMoved')).toBe(messages.JobMoved);
    expect(messageNamed('NoSuchMessage')).toBeUndefined();
    expect(messageNamed('toString')).toBeUndefined();
  });

  it('makes no outgoing message of a payload that does not fit', () => {
    const payload = { ...golden('DroneMoved.json').payload, drone: 'Not A Name' };
    expect(() =>
      outgoing('DroneMoved', 'id', payload as Parameters<typeof outgoing<'DroneMoved'>>[2]),
    ).toThrow('drone name');
  });

  it('limits every stream in age and bytes', () => {
    for (const [, { maxAgeDays, maxBytes }] of everyStream) {
      expect(maxAgeDays).toBeGreaterThan(0);
      expect(maxBytes).toBeGreaterThan(0);
    }
  });
});

interface Golden {
  readonly subject: string;
  readonly id: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

function golden(file: string): Golden {
  return JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as Golden;
}

const files = readdirSync(GOLDEN).sort();

describe('a golden message', () => {
  it.each(files)('%s parses, without losing anything', (file) => {
    const message = messageNamed(file.split('.')[0] ?? '');
    if (!message) throw new Error(`${file} belongs to no message`);
    const { payload, subject, id } = golden(file);
    const parsed = message.schema.parse(payload);
    expect(parsed).toMatchObject(payload);
    expect(subjectOf(message, parsed)).toBe(subject);
    expect(message.dedupe(parsed)).toBe(id);
  });

  it('exists for every message', () => {
    const named = new Set(files.map((file) => file.split('.')[0]));
    expect(all.map(([name]) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it('exists for every kind of work and every outcome', () => {
    const kinds = (prefix: string): string[] =>
      files.flatMap((file) => (file.startsWith(prefix) ? [file.slice(prefix.length, -'.json'.length)] : []));
    expect(kinds('WorkAssigned.')).toEqual(expect.arrayContaining(['build', 'resolve']));
    expect(kinds('WorkReported.')).toEqual(
      expect.arrayContaining(['started', 'resolved', 'built', 'failed', 'refused', 'returned']),
    );
  });
});
