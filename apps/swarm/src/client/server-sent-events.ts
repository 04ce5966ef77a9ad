/** Longest unfinished event that is kept while the rest of it arrives, in characters. */
const MAX_EVENT_LENGTH = 4 * 1024 * 1024;

/** The `data` of each event of a stream (WHATWG HTML 9.2), as far as our gateway uses the format. */
export async function* readServerSentEvents(body: AsyncIterable<unknown> | null): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body ?? []) {
    rest += decoder.decode(bytes as Uint8Array, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_EVENT_LENGTH) throw new Error('an event is too long');
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice('data:'.length).replace(/^ /, ''));
      if (data.length > 0) yield data.join('\n');
    }
  }
}
