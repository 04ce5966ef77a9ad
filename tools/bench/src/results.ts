import Table from 'cli-table3';

/** One figure of a suite. Medians; a ratio is the median of ratios taken pair by pair in the same run. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'µs' | 'MiB' | 'jobs' | 'per second';
  readonly peer?: string;
  readonly peerValue?: number;
  readonly ratio?: number;
  readonly runs: number;
  readonly min: number;
  readonly max: number;
}

export type Suite = (runs: number) => Promise<readonly Result[]> | readonly Result[];

/** Times a function, and after each run its peer; both are run once before, so that neither pays for warming up. */
export function compare(
  name: string,
  runs: number,
  {
    own,
    peer,
  }: { readonly own: () => unknown; readonly peer?: { readonly name: string; readonly run: () => unknown } },
): Result {
  own();
  peer?.run();
  const values: number[] = [];
  const peerValues: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    values.push(millisecondsOf(own));
    if (peer) peerValues.push(millisecondsOf(peer.run));
  }
  return summaryOf({ name, unit: 'ms' }, values, peer && { name: peer.name, values: peerValues });
}

/** A figure that was measured several times, and that of a peer, measured right after each. */
export function summaryOf(
  { name, unit }: Pick<Result, 'name' | 'unit'>,
  values: readonly number[],
  peer?: { readonly name: string; readonly values: readonly number[] },
): Result {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const summary = { name, unit, value: median(values), runs: values.length, min, max };
  if (!peer) return summary;
  const ratios = values.map((value, i) => value / (peer.values[i] ?? NaN));
  return { ...summary, peer: peer.name, peerValue: median(peer.values), ratio: median(ratios) };
}

function millisecondsOf(run: () => unknown): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

/** The middle one; of an even number the upper one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

export function machineLine({
  node,
  cores,
  model,
}: {
  node: string;
  cores: number;
  model: string | undefined;
}): string {
  return `Node ${node}, ${cores} cores (${model ?? 'unknown'})`;
}

export function printResults(results: readonly Result[]): string {
  const table = new Table({
    head: ['what', 'median', 'min', 'max', 'peer', 'peer median', 'ratio', 'runs'],
    style: { head: [] },
  });
  for (const { name, value, unit, min, max, peer = '', peerValue, ratio, runs } of results) {
    const shown = (n: number | undefined): string => (n === undefined ? '' : n.toFixed(n < 10 ? 2 : 1));
    table.push([
      name,
      `${shown(value)} ${unit}`,
      shown(min),
      shown(max),
      peer,
      shown(peerValue),
      shown(ratio),
      runs,
    ]);
  }
  return `${table.toString()}\n`;
}
