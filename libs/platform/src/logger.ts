import type { LoggerService } from '@nestjs/common';
import {
  pino,
  stdSerializers,
  stdTimeFunctions,
  type DestinationStream,
  type Logger as PinoLogger,
} from 'pino';

/** Static message, fields before it: `logger.info({ jobId, cpv }, 'job published')`. */
export type Logger = PinoLogger;

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export interface LoggerOptions {
  /** Stands in every line as `service`. */
  readonly service: string;
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Where lines go. Default: stdout, written at once, so that a crash loses none. */
  readonly destination?: DestinationStream;
}

/** One JSON object per line, with `level` by name and `time` in ISO 8601. */
export function createLogger({ service, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.err, error: stdSerializers.err, cause: stdSerializers.err },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** A logger that says nothing, for tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/**
 * Nest's own words in our form: static message `nest`, its text as a field.
 * What Nest calls a log is our debug: it tells of its insides, not of the swarm.
 */
export function nestLogger(logger: Logger): LoggerService {
  const say =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      const [context] = rest.slice(-1);
      logger[level](
        { context, text: message, ...(rest.length > 1 && { detail: rest.slice(0, -1) }) },
        'nest',
      );
    };
  return {
    log: say('debug'),
    verbose: say('debug'),
    debug: say('debug'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('fatal'),
  };
}
