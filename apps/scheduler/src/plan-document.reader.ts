import { gunzipSync } from 'node:zlib';

import { PlanDocument } from '@swarm/contracts';
import { err, ok, type Result } from '@swarm/kernel';

/** A plan document may unpack to this much; a real world of 2,000 packages takes about 5 MiB. */
const MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;

/** The document in a drone's report (base64 of gzip of JSON), or what is wrong with it. */
export function documentOf(documentGzip: string): Result<PlanDocument, string> {
  try {
    const json = gunzipSync(Buffer.from(documentGzip, 'base64'), { maxOutputLength: MAX_DOCUMENT_BYTES });
    const parsed = PlanDocument.safeParse(JSON.parse(json.toString('utf8')));
    if (parsed.success) return ok(parsed.data);
    const [issue] = parsed.error.issues;
    return err(`the plan document is not understood: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  } catch (error) {
    return err(`the plan document cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
