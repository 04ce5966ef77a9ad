import type { Message, Payload } from '@swarm/contracts';
import { err, ok, type Result } from '@swarm/kernel';

/** The bytes of a payload. Parsed on the way out too: a sender's mistake shows at the sender, as a ZodError. */
export function encode<M extends Message>(message: M, payload: Payload<M>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message.schema.parse(payload)));
}

/** The payload in the bytes, or why they are none. */
export function decode<M extends Message>(message: M, bytes: Uint8Array): Result<Payload<M>, string> {
  const json = parseJson(bytes);
  if (!json.ok) return json;
  const parsed = message.schema.safeParse(json.value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      ({ path, message: text }) => `${path.join('.') || 'payload'}: ${text}`,
    );
    return err(issues.join('; '));
  }
  return ok(parsed.data as Payload<M>);
}

function parseJson(bytes: Uint8Array): Result<unknown, string> {
  try {
    return ok(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return err('not JSON in UTF-8');
  }
}
