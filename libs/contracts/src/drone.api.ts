import { z } from 'zod';

import { DroneView } from './api.model.js';
import { defineEndpoint, type Endpoint } from './endpoint.js';
import { DroneName } from './work.messages.js';

const OfDrone = z.strictObject({ drone: DroneName });
const author = z.string().min(1).max(100).default('operator');
const reason = z.string().max(500).default('');
const needed = z.string().min(1, 'say why').max(500);

/** What became of an order. */
export const OrderedView = z.object({
  drone: DroneView,
  /** False where it was so already. */
  changed: z.boolean(),
  /** One line for people. */
  line: z.string(),
});
export type OrderedView = z.output<typeof OrderedView>;

/** Every route by which a person looks at one drone, or orders it about. */
export const droneApi = {
  drone: defineEndpoint({
    method: 'GET',
    path: '/drones/:drone',
    summary: 'One drone: its state and why, what it works on, and what its latest sign of life tells.',
    params: OfDrone,
    response: DroneView,
  }),
  groundDrone: defineEndpoint({
    method: 'POST',
    path: '/drones/:drone/ground',
    summary:
      'Keeps a drone from work: what it has goes to others at once. For a while, then one job decides; or until it is lifted.',
    params: OfDrone,
    body: z.strictObject({ forMs: z.int().positive().optional(), author, reason: needed }),
    response: OrderedView,
  }),
  ungroundDrone: defineEndpoint({
    method: 'POST',
    path: '/drones/:drone/unground',
    summary: 'Ends a grounding, by hand or for failures, without the one job that would decide.',
    params: OfDrone,
    body: z.strictObject({ author, reason }),
    response: OrderedView,
  }),
  drainDrone: defineEndpoint({
    method: 'POST',
    path: '/drones/:drone/drain',
    summary:
      'Gives a drone no more work; it finishes what it has. Lasts over restarts of its agent, until it is resumed.',
    params: OfDrone,
    body: z.strictObject({ author, reason: needed }),
    response: OrderedView,
  }),
  resumeDrone: defineEndpoint({
    method: 'POST',
    path: '/drones/:drone/resume',
    summary: 'Ends a drain. A drone that its owner paused stays paused.',
    params: OfDrone,
    body: z.strictObject({ author, reason }),
    response: OrderedView,
  }),
  retireDrone: defineEndpoint({
    method: 'POST',
    path: '/drones/:drone/retire',
    summary: 'Takes a drone out for ever: its work goes to others, and its name may not come back.',
    params: OfDrone,
    body: z.strictObject({ author, reason: needed }),
    response: OrderedView,
  }),
} as const satisfies Record<string, Endpoint>;
