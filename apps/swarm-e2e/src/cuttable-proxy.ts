import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What becomes of bytes on their way. `held`: they wait, as packets do that are sent again and again until the way is
 * good; nobody is told anything. Nothing is ever left out of a stream that goes on: no network does that.
 */
export type Way = 'open' | 'held';

export interface Ways {
  /** From the one who connects to the server. */
  readonly up: Way;
  /** From the server to the one who connects. */
  readonly down: Way;
}

/** Both ways at once. */
export const open: Ways = { up: 'open', down: 'open' };
/** Nothing comes through, and nobody is told: a cable that is out. */
export const silent: Ways = { up: 'held', down: 'held' };
/** The client hears, and is not heard. */
export const unheard: Ways = { up: 'held', down: 'open' };
/** The client is heard, and does not hear. */
export const deaf: Ways = { up: 'open', down: 'held' };

/** A TCP proxy in front of one server, that a test cuts and heals. */
export class CuttableProxy implements AsyncDisposable {
  readonly #pairs = new Set<Pair>();
  #ways: Ways = open;
  #isRefusing = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Listens on a port of its own, and connects each client to `target`. */
  static async before(target: { readonly host: string; readonly port: number }): Promise<CuttableProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CuttableProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => proxy.#take(client, target));
    return proxy;
  }

  /** Connections that are there now. */
  get size(): number {
    return this.#pairs.size;
  }

  /** From now on bytes go these ways; connections stay, and new ones are taken. */
  set(ways: Ways): void {
    this.#ways = ways;
    for (const pair of this.#pairs) pair.set(ways);
  }

  /** Ends every connection at once with a reset, and takes no other: a host that is down, or a wall that says so. */
  refuse(): void {
    this.#isRefusing = true;
    this.reset();
  }

  /** Ends every connection at once with a reset; new ones are taken. */
  reset(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  /** Everything comes through again; what was held goes on its way. */
  heal(): void {
    this.#isRefusing = false;
    this.set(open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    this.server.close();
    await once(this.server, 'close');
  }

  #take(client: Socket, target: { readonly host: string; readonly port: number }): void {
    if (this.#isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const pair = new Pair(client, connect(target), () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
    pair.set(this.#ways);
  }
}

/** One connection: the client's half and the server's. The end of one is the end of the other. */
class Pair {
  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    onEnd: () => void,
  ) {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('close', () => {
        onEnd();
        to.destroy();
      });
      from.on('end', () => to.end());
      from.on('data', (bytes) => {
        if (to.writable && !to.write(bytes)) from.pause();
      });
      to.on('drain', () => this.#resume(from));
    }
  }

  #ways: Ways = open;

  set(ways: Ways): void {
    this.#ways = ways;
    for (const socket of [this.client, this.server]) {
      if (this.#wayFrom(socket) === 'held') socket.pause();
      else this.#resume(socket);
    }
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.destroy();
  }

  #resume(from: Socket): void {
    if (this.#wayFrom(from) === 'open') from.resume();
  }

  #wayFrom(socket: Socket): Way {
    return socket === this.client ? this.#ways.up : this.#ways.down;
  }
}
