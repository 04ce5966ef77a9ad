import type { AlarmView, HealingActionView, HostView, RebootRequestView } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import {
  confirmCommand,
  hostKeyText,
  isConfirmed,
  pageCauses,
  rungOf,
  stateOf,
  type DroneHost,
  type HealingAction,
  type RebootRequest,
} from '@swarm/domain-healing';

import type { GatewayPorts } from '../ports.js';

/** Calls to people that are older say nothing of today; they are repeated every hour while their cause lasts. */
const ALARM_WINDOW_MS = 86_400_000;
/** A drone in one of these states is well again, or nobody's concern. */
const NO_ALARM: readonly Drone['state'][] = ['online', 'draining', 'retired'];

type Ports = Pick<GatewayPorts, 'hosts' | 'healing' | 'drones' | 'clock'>;

export function hostView({ hostKeys, since, ...host }: DroneHost): HostView {
  return { ...host, hostKeys: hostKeys.map(hostKeyText), since: since.toISOString() };
}

export async function readHosts({ hosts }: Pick<Ports, 'hosts'>): Promise<HostView[]> {
  return (await hosts.all()).map(hostView);
}

/** What the healer did at a drone, newest first. */
export async function readActions(
  { healing }: Pick<Ports, 'healing'>,
  { drone, limit }: { readonly drone: string; readonly limit: number },
): Promise<HealingActionView[]> {
  return (await healing.ofDrone(drone, limit)).map(actionView);
}

/** Reboots that wait for the word of a person, oldest first. */
export async function readRequests({
  healing,
  clock,
}: Pick<Ports, 'healing' | 'clock'>): Promise<RebootRequestView[]> {
  const now = clock.now();
  return (await healing.openRequests()).map((request) => requestView(request, now));
}

/** The latest call for each drone that is not well yet (S30). */
export async function readAlarms({ healing, drones, clock }: Ports): Promise<AlarmView[]> {
  const pages = await healing.pages(new Date(clock.now().getTime() - ALARM_WINDOW_MS));
  const sick = new Set(
    (await drones.all())
      .filter(({ value }) => !NO_ALARM.includes(value.state))
      .map(({ value }) => value.name),
  );
  const latest = new Map<string, HealingAction>();
  for (const page of pages) if (sick.has(page.drone) && !latest.has(page.drone)) latest.set(page.drone, page);
  return [...latest.values()].map(({ drone, cause, begunAt, reason, end }) => ({
    ...{ drone, cause: cause ?? '', at: begunAt.toISOString(), reason },
    reached: end?.detail ?? 'it is on its way',
    page: `docs/operations/${cause ? pageCauses[cause] : 'healing'}.md`,
  }));
}

function actionView(action: HealingAction): HealingActionView {
  const { id, drone, kind, begunAt, reason, cause, end } = action;
  return {
    ...{ id, drone, rung: rungOf(action), kind, state: stateOf(action), begunAt: begunAt.toISOString() },
    ...{ endedAt: end?.at.toISOString() ?? null, reason, cause, found: end?.found ?? null },
    ...{ detail: end?.detail ?? '', output: end?.output ?? '' },
  };
}

function requestView(request: RebootRequest, now: Date): RebootRequestView {
  const { id, drone, askedAt, reason, consent } = request;
  const held = isConfirmed(request, now) ? consent : null;
  const confirm = confirmCommand(request);
  const line = held
    ? `a reboot of ${drone} is allowed by ${held.by} until ${held.until.toISOString()}: ${reason}`
    : `may ${drone} be rebooted? ${reason}: \`${confirm}\``;
  return {
    ...{ id, drone, askedAt: askedAt.toISOString(), reason, line, confirm },
    ...{ confirmedBy: held?.by ?? null, until: held?.until.toISOString() ?? null },
  };
}
