export { assertNever } from './assert-never.js';
export type { Brand } from './brand.js';
export type { Clock } from './clock.js';
export type { Log } from './log.js';
export type { Outgoing } from './outgoing.js';
export { err, ok, type Result } from './result.js';
export { exitCodes, SwarmError, swarmErrors, type SwarmErrorCode } from './swarm-error.js';
export type { Fence, Saved, Versioned } from './versioned.js';
