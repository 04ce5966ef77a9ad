export { runLedService, type Duty, type Leading, type LedServiceOptions } from './led-service.js';
