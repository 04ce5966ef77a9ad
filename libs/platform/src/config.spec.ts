import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import { SwarmError } from '@swarm/kernel';
import { z } from 'zod';

import { flagVariable, portVariable, readConfig, Secret, secretVariable } from './config.js';

const schema = z.object({
  NATS_URL: z.url(),
  PORT: portVariable(4700),
  UPLOAD_KEY: secretVariable(16),
  READ_ONLY: flagVariable(false),
});

function mistakesIn(env: Record<string, string>): SwarmError {
  try {
    readConfig(schema, env, 'binhost');
  } catch (error) {
    if (error instanceof SwarmError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('readConfig', () => {
  it('gives every variable its type, and its default where it is not set or empty', () => {
    const env = {
      NATS_URL: 'nats://a:4222',
      PORT: '',
      UPLOAD_KEY: '0123456789abcdef',
      READ_ONLY: 'true',
      OTHER: 'x',
    };
    const config = readConfig(schema, env, 'binhost');
    expect(config).toMatchObject({ NATS_URL: 'nats://a:4222', PORT: 4700, READ_ONLY: true });
    expect(config.UPLOAD_KEY.reveal()).toBe('0123456789abcdef');
  });

  it('names every mistake at once, by variable', () => {
    const { code, message, exitCode } = mistakesIn({ PORT: 'ninety', UPLOAD_KEY: '', READ_ONLY: 'perhaps' });
    expect(code).toBe('SWARM_CONFIG');
    expect(exitCode).toBe(2);
    expect(message.split('\n')).toHaveLength(5);
    expect(message).toMatch(/^binhost cannot start/);
    expect(message).toMatch(/NATS_URL: is not set/);
    expect(message).toMatch(/PORT: .*number/);
    expect(message).toMatch(/UPLOAD_KEY: is not set/);
    expect(message).toMatch(/READ_ONLY: /);
  });

  it('does not repeat a secret that is wrong', () => {
    expect(mistakesIn({ NATS_URL: 'nats://a', UPLOAD_KEY: 'hunter2' }).message).not.toContain('hunter2');
  });
});

describe('Secret', () => {
  const secret = new Secret('hunter2');

  it.each([
    ['a string', String(secret)],
    ['JSON', JSON.stringify({ secret })],
    ['a dump', inspect({ deep: { secret } }, { depth: 5, showHidden: true })],
    ['its keys', JSON.stringify(Object.entries(secret))],
  ])('does not show itself in %s', (_where, text) => {
    expect(text).not.toContain('hunter2');
  });
});
