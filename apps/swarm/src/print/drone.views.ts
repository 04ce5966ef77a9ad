import type { DroneView, OrderedView, OrderView } from '@swarm/contracts';

import { bytes, duration, mark, plain } from './text.js';

/** Everything that is known of one drone, a line for each thing. */
export function printDrone(drone: DroneView): string {
  const { name, state, reason, profile, executor, synthetic, slots, cores, memoryBytes } = drone;
  const lines: [string, string][] = [
    ['state', `${state}${reason === '' ? '' : `: ${plain(reason)}`}`],
    [
      'profile',
      `${profile}${mark(synthetic)}, ${executor}, ${slots} slots, ${cores} cores, ${bytes(memoryBytes)}`,
    ],
    ...standing(drone),
    ['last sign', `${duration(drone.silentMs)} ago`],
    ...vitals(drone),
    ...work(drone),
  ];
  return [name, ...lines.map(([word, text]) => `  ${word.padEnd(WORD_WIDTH)} ${text}`), ''].join('\n');
}

export function printOrdered({ line }: OrderedView): string {
  return `${plain(line)}\n`;
}

const WORD_WIDTH = 11;

function standing({
  groundedBy,
  groundedUntil,
  drained,
  uploadPath,
  strikes,
  state,
}: DroneView): [string, string][] {
  const until = groundedUntil ?? 'a person lifts it';
  return [
    ...(state === 'grounded'
      ? ([['grounded', `until ${until}${by(groundedBy)}`]] satisfies [string, string][])
      : []),
    ...(drained ? ([['drained', `until \`resume\`${by(drained)}`]] satisfies [string, string][]) : []),
    ['strikes', `${strikes} in a row`],
    ['upload', uploadPath],
  ];
}

function by(order: OrderView | null): string {
  return order ? `, by ${plain(order.by)} since ${order.since}: ${plain(order.reason)}` : '';
}

function vitals({
  load1,
  freeDiskBytes,
  freeMemoryBytes,
  portageVersion,
  details,
}: DroneView): [string, string][] {
  const free = `load ${load1.toFixed(2)}, ${bytes(freeMemoryBytes)} of memory and ${bytes(freeDiskBytes)} of disk free`;
  if (details === null) {
    return [
      ['machine', free],
      ['portage', plain(portageVersion)],
    ];
  }
  const { pressure, clockOffsetMs, agentVersion, fingerprint, uploadPath } = details;
  const waits = pressure
    ? `cpu ${pressure.cpu} %, memory ${pressure.memory} %, io ${pressure.io} % of the last ten seconds`
    : 'not told by its kernel';
  return [
    ['machine', free],
    ['pressure', waits],
    ['clock', `${clockOffsetMs >= 0 ? '+' : ''}${Math.round(clockOffsetMs)} ms`],
    ['versions', `agent ${plain(agentVersion)}, Portage ${plain(details.portageVersion)}`],
    ['fingerprint', fingerprint ?? 'not looked at yet'],
    ['uploads', `${uploadPath}, as the drone saw it`],
  ];
}

function work({ working }: DroneView): [string, string][] {
  if (working.length === 0) return [['works on', 'nothing']];
  return working.map(({ what, phase, sinceMs, attemptId }) => [
    'works on',
    `${plain(what)}: ${plain(phase)} for ${duration(sinceMs)} (attempt ${attemptId})`,
  ]);
}
