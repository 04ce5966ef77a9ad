import type { Told } from '@swarm/domain-drone-audit';

/** One part of a report, bounded in time: what cannot be read says why, and never fails the rest. */
export async function told<T>(limitMs: number, read: () => Promise<T>): Promise<Told<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return { kind: 'told', value: await Promise.race([read(), late]) };
  } catch (error) {
    return { kind: 'untold', why: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
