export { runLedService, type Duty, type LedServiceOptions } from './led-service.js';
