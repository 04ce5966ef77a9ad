import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page, Pager } from '@swarm/domain-healing';
import { SMTPServer } from 'smtp-server';

import type { NotifyLimits } from './limits.js';
import { makePager } from './pager.js';

const quick: NotifyLimits = { tryMs: 300, retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 2 } };
const call: Page = {
  id: '0198c0de-0000-7000-8000-000000000001',
  drone: 'drone-1',
  cause: 'unreachable',
  at: new Date('2026-01-01T00:00:00Z'),
  title: 'drone-1: its host does not answer – at all',
  text: 'drone-1 is offline.\nLook at its power.',
};

interface Taken {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that answers each request in turn: with a status, or never. */
let answers: (number | 'never')[] = [];
let taken: Taken[] = [];
let http: Server;
let base: string;
beforeEach(async () => {
  answers = [];
  taken = [];
  http = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      taken.push({ path: request.url ?? '', headers: request.headers, body });
      const answer = answers.shift() ?? 200;
      if (answer !== 'never') response.writeHead(answer).end(answer === 200 ? 'ok' : 'not now');
    });
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  const closed = once(http, 'close');
  http.closeAllConnections();
  http.close();
  await closed;
});

describe('a page', () => {
  it('reaches a webhook as JSON, with an id that tells repetitions (S30)', async () => {
    const pager = makePager({ webhookUrl: `${base}/hook`, limits: quick });
    expect(await pager.send(call)).toEqual([
      { channel: 'webhook', isDelivered: true, detail: 'answered 200' },
    ]);
    expect(taken).toHaveLength(1);
    expect(JSON.parse(taken[0]?.body ?? '')).toEqual({
      source: 'build-swarm',
      ...call,
      at: '2026-01-01T00:00:00.000Z',
    });
  });

  it('reaches a topic of ntfy, with a title that a header can hold (S30)', async () => {
    await makePager({ ntfyUrl: `${base}/build-swarm`, limits: quick }).send(call);
    expect(taken).toMatchObject([
      {
        path: '/build-swarm',
        body: call.text,
        headers: { title: 'drone-1: its host does not answer   at all', priority: 'high' },
      },
    ]);
  });

  it('is tried again after an error, and after silence (S30)', async () => {
    answers = [503, 'never', 200];
    const pager = makePager({ webhookUrl: base, limits: quick });
    expect(await pager.send(call)).toMatchObject([{ isDelivered: true }]);
    expect(taken).toHaveLength(3);
  });

  it('that nobody takes says so, and keeps no other channel from being used (S30)', async () => {
    answers = [500, 500, 500];
    const free = createTcpServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    const pager = makePager({ webhookUrl: `http://127.0.0.1:${port}`, ntfyUrl: base, limits: quick });
    expect(await pager.send(call)).toEqual([
      { channel: 'webhook', isDelivered: false, detail: expect.stringContaining('ECONNREFUSED') },
      { channel: 'ntfy', isDelivered: false, detail: 'answered 500: not now' },
    ]);
  });

  it('goes nowhere when nothing is configured, which the caller is told', async () => {
    expect(await makePager({}).send(call)).toEqual([]);
  });
});

describe('a letter', () => {
  let letters: string[];
  let refusals: number;
  let smtp: SMTPServer;
  let pager: Pager;
  beforeEach(async () => {
    letters = [];
    refusals = 0;
    smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: (_address, _session, done) => {
        refusals -= 1;
        done(refusals >= 0 ? new Error('try again later') : null);
      },
      onData: (stream, _session, done) => {
        let letter = '';
        stream.on('data', (chunk: Buffer) => (letter += chunk.toString()));
        stream.on('end', () => {
          letters.push(letter);
          done();
        });
      },
    });
    const server = smtp.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    pager = makePager({
      smtp: { url, from: 'swarm@example.org', to: 'a@example.org, b@example.org' },
      limits: quick,
    });
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => {
      smtp.close(() => {
        resolve();
      });
    });
  });

  it('goes out over SMTP to everybody, and is the same letter when it goes twice (S30)', async () => {
    expect(await pager.send(call)).toMatchObject([{ channel: 'email', isDelivered: true }]);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toContain('To: a@example.org, b@example.org');
    expect(letters[0]).toContain(`Message-ID: <${call.id}@build-swarm>`);
    expect(letters[0]).toContain('Look at its power.');
  });

  it('is tried again when the server does not take it (S30)', async () => {
    refusals = 4;
    expect(await pager.send(call)).toMatchObject([{ isDelivered: true }]);
    expect(letters).toHaveLength(1);
  });
});
