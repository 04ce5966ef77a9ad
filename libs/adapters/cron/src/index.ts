export { cronCalendar } from './cron-calendar.js';
