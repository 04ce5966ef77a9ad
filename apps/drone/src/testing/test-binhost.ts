import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One upload as the server saw it. */
export interface SeenUpload {
  readonly attemptId: string;
  readonly authorization: string | undefined;
  readonly declaredSha256: string | undefined;
  readonly declaredBytes: number;
  readonly body: Buffer;
  readonly sha256: string;
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** Decides the answer to an upload; undefined leaves the drone without one. */
export type Script = (
  upload: SeenUpload,
  tries: number,
) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>;

/** A real HTTP server that stands for the binhost, and does as its script says. */
export class TestBinhost {
  readonly uploads: SeenUpload[] = [];
  /** Texts of configurations by digest, and how often each was asked for. */
  readonly configurations = new Map<string, string>();
  readonly asked = new Map<string, number>();
  script: Script = () => ({ status: 201 });
  readonly #server: Server = createServer((request, response) => {
    void this.#take(request, response);
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  uploadsOf(attemptId: string): SeenUpload[] {
    return this.uploads.filter((upload) => upload.attemptId === attemptId);
  }

  #giveConfiguration(digest: string, response: ServerResponse): void {
    this.asked.set(digest, (this.asked.get(digest) ?? 0) + 1);
    const text = this.configurations.get(digest);
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(text ?? '{}');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const attemptId = request.url?.split('/').at(-1) ?? '';
    if (request.method === 'GET') {
      this.#giveConfiguration(attemptId, response);
      return;
    }
    const declaredSha256 = request.headers['x-swarm-sha256'];
    const upload: SeenUpload = {
      attemptId,
      authorization: request.headers.authorization,
      declaredSha256: typeof declaredSha256 === 'string' ? declaredSha256 : undefined,
      declaredBytes: Number(request.headers['content-length']),
      body,
      sha256: createHash('sha256').update(body).digest('hex'),
    };
    this.uploads.push(upload);
    const answer = await this.script(upload, this.uploadsOf(attemptId).length);
    if (!answer) return;
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body ?? {}));
  }
}
