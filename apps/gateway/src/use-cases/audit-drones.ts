import { MachineReportAsked, MachineReported, type DroneAuditView } from '@swarm/contracts';
import { auditMachine, type MachineReport } from '@swarm/domain-drone-audit';
import type { ProfileVersion } from '@swarm/domain-plan';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';

/** How long a drone may take to look at its machine. */
export const REPORT_LIMIT_MS = 12_000;
/** Drones that are asked at once. */
const AT_ONCE = 32;
/** Those that cannot answer are not waited for. */
const GONE = new Set(['offline', 'retired']);

interface Answer {
  readonly report: MachineReport | null;
  /** Why there is none. */
  readonly silent: string;
  readonly clockOffsetMs: number | null;
}

interface Named {
  readonly name: string;
  readonly state: string;
  readonly profile: string;
}

/**
 * Asks drones how their machines are set up, now, and compares each with its profile and with its peers (S10, S35).
 * For one drone its peers are asked as well: without them nobody knows what is usual.
 */
export async function auditDrones(
  ports: GatewayPorts,
  wanted: string | undefined,
): Promise<DroneAuditView[]> {
  const all = (await ports.drones.all()).map(({ value }) => ({
    ...{ name: value.name, state: value.state, profile: value.capabilities.profile },
  }));
  const one = all.find(({ name }) => name === wanted);
  if (wanted !== undefined && !one) {
    throw new ApiRefusal(
      'not-found',
      `drone: there is no drone "${wanted}".`,
      'GET /api/v1/drones lists them.',
    );
  }
  const asked = one ? all.filter(({ profile }) => profile === one.profile) : all;
  const answers = await answersOf(ports, asked);
  const versions = await currentVersions(ports, asked);
  const shown = asked.filter(({ name }) => one === undefined || name === one.name);
  return shown.map((drone) =>
    auditOf(drone, { asked, answers, version: versions.get(drone.profile) }, ports),
  );
}

function auditOf(
  { name, profile }: Named,
  {
    asked,
    answers,
    version,
  }: {
    readonly asked: readonly Named[];
    readonly answers: ReadonlyMap<string, Answer>;
    readonly version: ProfileVersion | undefined;
  },
  { clock }: Pick<GatewayPorts, 'clock'>,
): DroneAuditView {
  const peers = asked.flatMap((peer) => {
    const report = answers.get(peer.name)?.report;
    return peer.profile === profile && peer.name !== name && report ? [report] : [];
  });
  const against = version === undefined ? null : `version ${version.number} of profile ${profile}`;
  const answer = answers.get(name);
  const shared = { drone: name, profile, against, peers: peers.map(({ drone }) => drone) };
  if (!answer?.report) return { ...shared, silent: answer?.silent ?? 'it was not asked', findings: [] };
  const wanted =
    version && against !== null ? { name: against, configuration: version.configuration } : undefined;
  const { report: machine, clockOffsetMs } = answer;
  const findings = auditMachine({ machine, peers, wanted, clockOffsetMs, now: clock.now() });
  return {
    ...{ ...shared, silent: '' },
    findings: findings.map((finding) => ({ ...finding, here: [...finding.here], there: [...finding.there] })),
  };
}

async function answersOf(
  ports: GatewayPorts,
  drones: readonly Named[],
): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>();
  for (let from = 0; from < drones.length; from += AT_ONCE) {
    const batch = drones.slice(from, from + AT_ONCE);
    await Promise.all(batch.map(async (drone) => answers.set(drone.name, await answerOf(ports, drone))));
  }
  return answers;
}

async function answerOf({ bus, newId, clock }: GatewayPorts, { name, state }: Named): Promise<Answer> {
  if (GONE.has(state)) return { report: null, silent: `it is ${state}`, clockOffsetMs: null };
  const question = { requestId: newId(), drone: name };
  try {
    const { at, report } = await bus.request(MachineReportAsked, question, MachineReported, REPORT_LIMIT_MS);
    return { report, silent: '', clockOffsetMs: Date.parse(at) - clock.now().getTime() };
  } catch {
    return {
      report: null,
      silent: 'it did not answer; its agent may be too old, or busy',
      clockOffsetMs: null,
    };
  }
}

async function currentVersions(
  { profiles }: GatewayPorts,
  drones: readonly Named[],
): Promise<ReadonlyMap<string, ProfileVersion>> {
  const found = new Map<string, ProfileVersion>();
  for (const profile of new Set(drones.map((drone) => drone.profile))) {
    const version = await profiles.current(profile);
    if (version) found.set(profile, version);
  }
  return found;
}
