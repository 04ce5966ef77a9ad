import { DroneOrderAnswered, DroneOrderAsked, type DroneWish, type OrderedView } from '@swarm/contracts';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { readDrone } from './read-fleet.js';

/** How long the health monitor may take to store an order. */
export const ORDER_ANSWER_LIMIT_MS = 10_000;

export interface DroneOrderWish {
  readonly drone: string;
  readonly author: string;
  readonly reason: string;
  readonly wish: DroneWish;
}

/** Has the health monitor carry an order out, and answers with the drone as it is when that holds. */
export async function orderDrone(ports: GatewayPorts, given: DroneOrderWish): Promise<OrderedView> {
  const { bus, newId } = ports;
  const answer = await bus
    .request(DroneOrderAsked, { requestId: newId(), ...given }, DroneOrderAnswered, ORDER_ANSWER_LIMIT_MS)
    .catch(() => Promise.reject(noMonitor(given.drone)));
  switch (answer.outcome) {
    case 'unknown':
    case 'done':
    case 'unchanged': {
      // An unknown one is refused here, with the names there are.
      const drone = await readDrone(ports, given.drone);
      const changed = answer.outcome === 'done';
      const line = changed ? `${drone.name} is ${drone.state}: ${drone.reason}` : `${answer.reason}.`;
      return { drone, changed, line };
    }
    case 'refused':
      throw new ApiRefusal('conflict', `${answer.reason}.`);
  }
}

function noMonitor(drone: string): ApiRefusal {
  return new ApiRefusal(
    'unavailable',
    'No health monitor leads, or it did not answer in time; it may still do it.',
    `\`swarm drone show ${drone}\` says whether it holds; asking twice changes nothing more.`,
  );
}
