import {
  HealingAnswered,
  HealingAsked,
  type HostScanFact,
  type HostView,
  type HostWish,
} from '@swarm/contracts';
import { DEFAULT_CONSENT_MS } from '@swarm/domain-healing';
import type { z } from 'zod';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { hostView } from './read-healing.js';

/** How long the healer may take; a scan speaks to a host that may be slow. */
export const HEALING_ANSWER_LIMIT_MS = 18_000;

type Ports = Pick<GatewayPorts, 'hosts' | 'bus' | 'newId'>;

/** Has the healer write a page of the host book, and answers with it. */
export async function setHost(
  ports: Ports,
  { drone, author, ...host }: HostWish & { readonly drone: string; readonly author: string },
): Promise<HostView> {
  await ask(ports, { kind: 'set-host', drone, host, author });
  const written = await ports.hosts.find(drone);
  if (!written) throw new Error('a page that was written is in the host book');
  return hostView(written);
}

/** Has the healer ask an address who it is. */
export async function scanHost(
  ports: Ports,
  target: { readonly address: string; readonly port: number; readonly user: string },
): Promise<z.output<typeof HostScanFact>> {
  const { scan } = await ask(ports, { kind: 'scan', ...target });
  if (!scan) throw new Error('a scan that was made is in the answer');
  return scan;
}

/** Allows the reboot that the swarm asks for. */
export async function confirmReboot(
  ports: Ports,
  wish: { readonly drone: string; readonly author: string; readonly forMs?: number | undefined },
): Promise<{ drone: string; until: string }> {
  const { drone, author, forMs = DEFAULT_CONSENT_MS } = wish;
  const { until } = await ask(ports, { kind: 'confirm-reboot', drone, forMs, author });
  if (until === null) throw new Error('a confirmation that holds has an end');
  return { drone, until };
}

async function ask({ bus, newId }: Ports, wish: HealingAsked['wish']): Promise<HealingAnswered> {
  const answer = await bus
    .request(HealingAsked, { requestId: newId(), wish }, HealingAnswered, HEALING_ANSWER_LIMIT_MS)
    .catch(() => Promise.reject(noHealer()));
  switch (answer.outcome) {
    case 'done':
      return answer;
    case 'unknown':
      throw new ApiRefusal('not-found', `${answer.reason}.`, 'GET /api/v1/reboot-requests shows what waits.');
    case 'refused':
      throw new ApiRefusal('bad-input', `${answer.reason}.`);
  }
}

function noHealer(): ApiRefusal {
  return new ApiRefusal(
    'unavailable',
    'No healer leads, or it did not answer in time; it may still do it.',
    'See that the healer runs, then ask again: asking twice changes nothing more.',
  );
}
