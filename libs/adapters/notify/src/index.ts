export { defaultNotifyLimits, type NotifyLimits } from './limits.js';
export { makePager, type PagerOptions } from './pager.js';
