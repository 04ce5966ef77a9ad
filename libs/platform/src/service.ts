import 'reflect-metadata';

import type { AddressInfo } from 'node:net';

import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { SwarmError } from '@swarm/kernel';
import type { Application } from 'express';

import { nestLogger, type Logger } from './logger.js';
import { readinessOf, type ReadinessCheck } from './readiness.js';
import { HURRY_GRACE_MS, runStopPhases, STOP_BUDGETS_MS, type StopPhases } from './stop-phases.js';

/** Limit of one readiness check. */
export const READINESS_LIMIT_MS = 2_000;
/** A stopped process that is still alive after this says what keeps it. */
const STILL_ALIVE_MS = 2_000;

export interface ServiceOptions {
  /** What operators see in logs and in `/healthz`. */
  readonly name: string;
  readonly logger: Logger;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly module: DynamicModule | Type;
  /** Each is a real round trip; together they decide `/readyz`. */
  readonly readiness: Readonly<Record<string, ReadinessCheck>>;
  readonly readinessLimitMs?: number;
  readonly stop: StopPhases;
  /** Called before the server listens: body parsers (none is on by default), OpenAPI, static files. */
  readonly configure?: (app: NestExpressApplication) => void | Promise<void>;
  /** Time in which a whole request must have arrived; 0 = no limit (long uploads). Default 300 s. */
  readonly requestLimitMs?: number;
  /** Stop on SIGTERM and SIGINT; a second one hurries. Default true; false in tests. */
  readonly handleSignals?: boolean;
}

export interface RunningService {
  readonly app: NestExpressApplication;
  /** Where it listens, e.g. `http://127.0.0.1:4700`. */
  readonly url: string;
  /** Stops in phases. Idempotent: every call waits for the one stop. `hurry` cuts every budget short. */
  stop(options?: { readonly hurry?: boolean }): Promise<void>;
  /** Resolves when everything is stopped, by whomever. */
  readonly closed: Promise<void>;
}

/**
 * Boots one service: HTTP with `/healthz` (the process lives) and `/readyz` (every check makes its round trip: 200, else 503).
 * Runs the stop phases too when the start fails, then rejects with the cause. Sets `process.exitCode`, never exits.
 */
export async function runService(options: ServiceOptions): Promise<RunningService> {
  const { name, logger, host = '127.0.0.1', handleSignals = true } = options;
  const stopper = new Stopper(options);
  try {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class and takes literals.
    const app = await NestFactory.create<NestExpressApplication>(options.module, new ExpressAdapter(), {
      bodyParser: false,
      abortOnError: false,
      logger: nestLogger(logger),
    });
    stopper.app = app;
    app.disable('x-powered-by');
    addHealthRoutes(app, options, () => stopper.isStopping);
    await options.configure?.(app);
    const server = app.getHttpServer();
    if (options.requestLimitMs !== undefined) server.requestTimeout = options.requestLimitMs;
    await listen(app, options.port, host);
    const { address, port, family } = server.address() as AddressInfo;
    const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    if (handleSignals) stopper.listenToSignals();
    logger.info({ url, name }, 'ready');
    return { app, url, stop: (how) => stopper.stop(how?.hurry), closed: stopper.closed };
  } catch (error) {
    await stopper.stop(true);
    throw error;
  }
}

async function listen(app: NestExpressApplication, port: number, host: string): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EADDRNOTAVAIL' && code !== 'EACCES') throw error;
    throw new SwarmError('SWARM_CONFIG', `Cannot listen on ${host}:${port} (${code}).`, {
      hint: 'Choose another port or address, or stop what holds this one.',
      cause: error,
    });
  }
}

function addHealthRoutes(
  app: NestExpressApplication,
  { name, readiness, readinessLimitMs = READINESS_LIMIT_MS }: ServiceOptions,
  isStopping: () => boolean,
): void {
  const http = app.getHttpAdapter().getInstance() as Application;
  http.get('/healthz', (_request, response) => {
    response.json({ status: 'alive', service: name });
  });
  http.get('/readyz', (_request, response) => {
    void readinessOf(readiness, readinessLimitMs).then(({ ready, checks }) => {
      const isReady = ready && !isStopping();
      const status = isStopping() ? 'stopping' : isReady ? 'ready' : 'not ready';
      response.status(isReady ? 200 : 503).json({ status, service: name, checks });
    });
  });
}

/** Owns the one stop of a service. */
class Stopper {
  app: NestExpressApplication | undefined;
  readonly closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  #stopped: Promise<void> | undefined;
  readonly #hurry = new AbortController();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.options.logger.info({ signal, again: this.isStopping }, 'stop asked for');
    void this.stop(this.isStopping);
  };

  constructor(private readonly options: ServiceOptions) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  listenToSignals(): void {
    process.on('SIGTERM', this.#onSignal).on('SIGINT', this.#onSignal);
    void this.closed.then(() => {
      process.off('SIGTERM', this.#onSignal).off('SIGINT', this.#onSignal);
      // Unreferenced: fires only in a process that something else keeps alive.
      setTimeout(() => {
        this.options.logger.warn({ resources: process.getActiveResourcesInfo() }, 'still alive after stop');
      }, STILL_ALIVE_MS).unref();
    });
  }

  stop(hurry = false): Promise<void> {
    if (hurry) this.#hurry.abort();
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { logger, stop } = this.options;
    // Read now: `isStopping` must be true for the first step already.
    await Promise.resolve();
    const isClean = await runStopPhases(
      {
        ...stop,
        stopTaking: { ...stop.stopTaking, 'http-listener': () => this.#stopListening() },
        drain: { ...stop.drain, 'http-requests': (limit) => this.#finishRequests(limit) },
        release: { ...stop.release, nest: () => this.app?.close() },
      },
      logger,
      this.#hurry.signal,
    );
    if (!isClean) process.exitCode ??= 1;
    logger.info({ clean: isClean }, 'stopped');
    this.#resolveClosed();
  }

  /** New connections are refused; requests in flight go on, idle connections end. */
  #stopListening(): void {
    const server = this.app?.getHttpServer();
    if (!server?.listening) return;
    server.close();
    server.closeIdleConnections();
  }

  async #finishRequests(limit: AbortSignal): Promise<void> {
    const server = this.app?.getHttpServer();
    if (!server) return;
    const cut = (): void => {
      server.closeAllConnections();
    };
    limit.addEventListener('abort', cut);
    if (limit.aborted) cut();
    // The count of connections is all that the server tells; requests have no event of their own.
    await new Promise<void>((resolve) => {
      const look = (): void => {
        server.closeIdleConnections();
        server.getConnections((_error, count) => {
          if (count === 0) resolve();
          else setTimeout(look, CONNECTION_POLL_MS);
        });
      };
      look();
    });
    limit.removeEventListener('abort', cut);
  }
}

const CONNECTION_POLL_MS = 20;

/** The longest that a service's stop can take with default budgets. */
export const LONGEST_STOP_MS =
  STOP_BUDGETS_MS.stopTaking + STOP_BUDGETS_MS.drain + STOP_BUDGETS_MS.release + 3 * HURRY_GRACE_MS;

/**
 * Runs the main function of a process. A SwarmError ends it with its own exit code and its hint in the log,
 * anything else with 1 and a stack. Never exits: what is still open ends by itself.
 */
export async function runMain(logger: Logger, main: () => Promise<unknown>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (error instanceof SwarmError) {
      const { code, hint, message, cause } = error;
      logger.fatal({ code, reason: message, hint, cause }, 'cannot start');
      process.exitCode = error.exitCode;
    } else {
      logger.fatal({ error }, 'cannot start');
      process.exitCode = 1;
    }
  }
}
