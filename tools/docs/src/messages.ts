import { DEDUPE_WINDOW_MS, messages, streams, type Message, type StreamDefinition } from '@swarm/contracts';

import { code, GENERATED, paragraphs, table } from './markdown.js';
import { fieldsOf } from './schema-fields.js';

const GIB = 1024 ** 3;
const SECOND_MS = 1000;

/** docs/messages.md: every stream and every message, from the registry. */
export function messagesPage(): string {
  const all: [string, Message][] = Object.entries(messages);
  const held = (stream: string): string =>
    all
      .filter(([, { carrier }]) => carrier === stream)
      .map(([name]) => link(name))
      .join(', ');
  return paragraphs(
    GENERATED,
    '# Messages',
    'Everything that crosses the wire is defined once, in `libs/contracts`; this page is made from there.\nA payload is JSON and is parsed on both sides; one that does not fit is not sent, and becomes a dead letter where it arrives.',
    '## Streams',
    `Carried by NATS JetStream.\nThe same fact published twice within ${DEDUPE_WINDOW_MS / SECOND_MS} s is stored once.\nA work queue keeps a message until it was handled; the other streams keep everything within their limits.`,
    table(
      ['stream', 'subjects', 'kept', 'what it holds', 'messages'],
      Object.entries(streams).map(([name, stream]: [string, StreamDefinition]) => [
        code(name),
        stream.subjects.map(code).join(', '),
        keeping(stream),
        stream.meaning,
        held(name) || 'copies of other messages',
      ]),
    ),
    `Over core NATS, at most once and stored nowhere: ${held('core')}.`,
    'A dead letter is stored at `swarm.v1.dead.<stream>.<sequence>`, byte for byte as it came, with four headers: `Swarm-Dead-Subject`, `Swarm-Dead-Consumer`, `Swarm-Dead-Deliveries` and `Swarm-Dead-Reason`.',
    '## Every message',
    ...all.map(section),
  ).trimEnd();
}

function keeping({ retention, maxAgeDays, maxBytes }: StreamDefinition): string {
  const until = retention === 'workqueue' ? 'until handled, ' : '';
  return `${until}at most ${maxAgeDays} d and ${maxBytes / GIB} GiB`;
}

function section([name, message]: [string, Message]): string {
  const rows = fieldsOf(message.schema).map(({ path, type, isRequired }) => [
    code(path),
    type,
    isRequired ? '' : 'may be left out',
  ]);
  const carrier = message.carrier === 'core' ? 'core NATS' : `stream ${code(message.carrier)}`;
  return [
    `### ${name}`,
    message.meaning,
    `Subject ${code(message.subject)}, ${carrier}.`,
    table(['field', 'type', ''], rows),
  ].join('\n\n');
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}
