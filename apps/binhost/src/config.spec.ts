import { describe, expect, it } from '@jest/globals';

import { readBinhostConfig } from './config.js';

const least = {
  DATABASE_URL: 'postgres://swarm:hidden@db/swarm',
  NATS_URL: 'nats://a:4222,nats://b:4222',
  SWARM_BINHOST_DIR: '/srv/binhost',
  SWARM_BINHOST_PORT: '4780',
};

describe('the environment of the binhost', () => {
  it('has documented defaults', () => {
    expect(readBinhostConfig(least)).toMatchObject({
      host: '127.0.0.1',
      port: 4780,
      upload: { maxBytes: 4 * 1024 ** 3, idleMs: 60_000, totalMs: 10_800_000, atOnce: 64 },
    });
  });

  it('names every mistake at once, and no value', () => {
    const wrong = {
      ...least,
      DATABASE_URL: '',
      NATS_URL: 'http://a',
      SWARM_UPLOAD_IDLE_MS: '0',
      SWARM_BINHOST_PORT: 'x',
    };
    const mistakes = /DATABASE_URL(?:.|\n)*NATS_URL(?:.|\n)*SWARM_BINHOST_PORT(?:.|\n)*SWARM_UPLOAD_IDLE_MS/;
    expect(() => readBinhostConfig(wrong)).toThrow(mistakes);
    expect(() => readBinhostConfig({ ...least, NATS_URL: 'ws://hidden' })).toThrow(/^(?!.*hidden)/s);
  });
});
