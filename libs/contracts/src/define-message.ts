import type { z } from 'zod';

import type { StreamName } from './streams.js';

/** The `{field}` tokens of a subject, as a union of their names. */
type TokensOf<S extends string> = S extends `${string}{${infer T}}${infer Rest}` ? T | TokensOf<Rest> : never;

/** Where a message lives: a JetStream stream, or core NATS (at most once, nothing stored). */
export type Carrier = StreamName | 'core';

export interface Message<S extends z.ZodType = z.ZodType, Subject extends string = string> {
  readonly carrier: Carrier;
  /** Subject with `{field}` tokens, each filled from the payload's field of that name. */
  readonly subject: Subject;
  readonly schema: S;
  /** Sent as `Nats-Msg-Id`: the same fact published twice within the dedupe window is stored once. */
  readonly dedupe: (payload: z.output<S>) => string;
  /**
   * What a message speaks of, where its subject says thousands of things a second: those that speak of one thing are
   * sent in order of storing, each when the one before it is stored. Default: all messages of a subject are.
   */
  readonly about?: (payload: z.output<S>) => string;
  /** One line for docs/messages.md: who says it, and what it means. */
  readonly meaning: string;
}

export type Payload<M extends Message> = z.output<M['schema']>;

/** The one definition of a message: its subject, its carrier, its schema and, through it, its type. */
export function defineMessage<
  const Subject extends string,
  S extends z.ZodType<Record<TokensOf<Subject>, string>>,
>(message: Message<S, Subject>): Message<S, Subject> {
  return message;
}

/** The wildcard that covers every subject of a message: `swarm.v1.build.{drone}` → `swarm.v1.build.*`. */
export function filterOf(message: Message): string {
  return message.subject.replaceAll(/\{[^}]+\}/g, '*');
}

/** What one token of a subject may be made of; dots, spaces and wildcards would change its meaning. */
export const SUBJECT_TOKEN = /^[A-Za-z0-9_-]+$/;

/** The filter with some tokens given: `filterFor(WorkAssigned, { drone: 'a' })` → `swarm.v1.build.a`. */
export function filterFor(message: Message, given: Readonly<Record<string, string>>): string {
  return message.subject.replaceAll(/\{([^}]+)\}/g, (_token, field: string) => {
    const value = given[field];
    return value === undefined ? '*' : checkedToken(field, value);
  });
}

/** The subject to publish a payload on. Throws where a field cannot be a subject token. */
export function subjectOf<M extends Message>(message: M, payload: Payload<M>): string {
  const fields = payload as Readonly<Record<string, string>>;
  return message.subject.replaceAll(/\{([^}]+)\}/g, (_token, field: string) =>
    checkedToken(field, fields[field] ?? ''),
  );
}

function checkedToken(field: string, value: string): string {
  if (!SUBJECT_TOKEN.test(value)) throw new Error(`"${value}" cannot be a subject token (${field})`);
  return value;
}
