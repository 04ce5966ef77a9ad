import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** JSON, gzipped, in base64: the form in which a plan document travels. */
export async function packDocument(document: unknown): Promise<string> {
  const packed = await compress(JSON.stringify(document));
  return packed.toString('base64');
}
