export { FencedError, JobWriter } from './job-writer.js';
export { runLedService, type Duty, type Leading, type LedServiceOptions } from './led-service.js';
