import { once } from 'node:events';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join, normalize } from 'node:path';

import type { BuiltPackage, PackagesEntry } from './outcome.model.js';
import { printPackagesIndex } from './packages-index.js';

/** A binhost for tests: serves the binaries that it is given. */
export interface Staging {
  readonly url: string;
  /** Resolves to its PATH in the index. */
  add(built: BuiltPackage): Promise<string>;
  stop(): Promise<void>;
}

/** Starts one on a free port of this computer. */
export async function startStaging(dir: string): Promise<Staging> {
  await mkdir(dir, { recursive: true });
  const entries: PackagesEntry[] = [];
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://binhost').pathname);
    const content =
      path === '/Packages' ? Promise.resolve(Buffer.from(indexOf(entries))) : readFile(join(dir, path));
    content.then(
      (body) => response.end(body),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async add(built) {
      // A file name of its own for each build, as a binhost that never overwrites has.
      const path = `${entries.length}-${basename(built.file)}`;
      await copyFile(built.file, join(dir, path));
      entries.push({ ...built.packagesEntry, PATH: path });
      return path;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function indexOf(entries: readonly PackagesEntry[]): string {
  return printPackagesIndex({ TIMESTAMP: String(Math.floor(Date.now() / 1000)) }, entries);
}
