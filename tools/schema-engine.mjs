#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which the Prisma CLI would download: the same engine as WebAssembly
// (@prisma/schema-engine-wasm), over node-postgres, behind the CLI's line-by-line JSON-RPC on stdin and stdout.
// Seen with Prisma 7.10.0; the versions of the two packages must belong together.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

/** Postgres' internal one-byte type, which catalogue queries return and adapter-pg 7.10 refuses. */
const CHAR_OID = 18;
const TEXT_OID = 25;
/** The engine's own error code for "the request failed". */
const REQUEST_FAILED = 4466;
/** For requests that look at files only. */
const NO_DATABASE = 'postgresql://nobody@localhost/none';

const optionValues = (name) => process.argv.flatMap((arg, i) => (arg === name ? [process.argv[i + 1]] : []));
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
const datasource = JSON.parse(optionValues('--datasource')[0] ?? '{}');

function configOf(url) {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: decodeURIComponent(hostname),
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: password ? decodeURIComponent(password) : undefined,
    database: decodeURIComponent(pathname.slice(1)),
  };
}

async function run(config, sql) {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Statements about databases are run from the one that is always there. */
const administer = (config, sql) => run({ ...config, database: 'postgres' }, sql);

/** Mends two habits of adapter-pg 7.10 that break migrations; each connection shares the patched prototype. */
function mended(connection) {
  const adapter = Object.getPrototypeOf(connection);
  const queryable = Object.getPrototypeOf(adapter);
  if (Object.hasOwn(queryable, 'isMended')) return connection;
  const { performIO, queryRaw } = queryable;
  Object.assign(queryable, {
    isMended: true,
    async performIO(query) {
      const result = await performIO.call(this, query);
      this.charColumns = [];
      for (const [i, field] of (result.fields ?? []).entries()) {
        if (field.dataTypeID !== CHAR_OID) continue;
        field.dataTypeID = TEXT_OID;
        this.charColumns.push(i);
      }
      return result;
    },
    async queryRaw(query) {
      const result = await queryRaw.call(this, query);
      for (const i of this.charColumns ?? []) result.columnTypes[i] = ColumnTypeEnum.Character;
      return result;
    },
  });
  // Splitting a script at each `;` would cut function bodies; sent whole, it is also one transaction.
  adapter.executeScript = async function executeScript(script) {
    try {
      await this.client.query(script);
    } catch (error) {
      this.onError(error);
    }
  };
  return connection;
}

class MigrationAdapter extends PrismaPg {
  #config;

  constructor(url) {
    const config = configOf(url);
    super(config, { schema: new URL(url).searchParams.get('schema') ?? undefined });
    this.#config = config;
  }

  async connect() {
    return mended(await super.connect());
  }

  /** The scratch database: the given one, emptied, or one of our own that goes away afterwards. */
  async connectToShadowDb() {
    if (datasource.shadowDatabaseUrl) return this.#emptied(configOf(datasource.shadowDatabaseUrl));
    const database = `prisma_shadow_${randomUUID()}`;
    await administer(this.#config, `create database ${quoted(database)}`);
    const connection = mended(await new PrismaPg({ ...this.#config, database }).connect());
    const dispose = connection.dispose.bind(connection);
    connection.dispose = async () => {
      await dispose();
      await administer(this.#config, `drop database if exists ${quoted(database)} with (force)`);
    };
    return connection;
  }

  async #emptied(shadow) {
    const isReal = ['host', 'port', 'database'].every((key) => shadow[key] === this.#config[key]);
    if (isReal) throw new Error('SHADOW_DATABASE_URL is emptied, so it must not be the real database');
    await run(shadow, 'drop schema if exists public cascade; create schema public');
    return mended(await new PrismaPg(shadow).connect());
  }
}

/** `schema-engine cli <command>`: what the CLI asks before it has a connection. */
async function runDatabaseCommand(command) {
  const config = configOf(datasource.url);
  const database = quoted(config.database);
  switch (command) {
    case 'can-connect-to-database':
      return run(config, 'select 1');
    case 'create-database':
      return administer(config, `create database ${database}`);
    case 'drop-database':
      return administer(config, `drop database if exists ${database} with (force)`);
    default:
      throw new Error(`unknown command ${command}`);
  }
}

/** The form in which the CLI reads a failure of such a command. */
function reportFailure(error) {
  const isMissing = error.code === '3D000';
  const message = isMissing
    ? `Database \`${configOf(datasource.url).database}\` does not exist`
    : String(error.message || error.code);
  const fields = { message, error_code: isMissing ? 'P1003' : 'P1001', is_panic: false };
  process.stderr.write(`${JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields })}\n`);
  process.exitCode = 1;
}

async function loadEngine() {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    message: '',
    set_message(message) {
      this.message = `panic: ${message}`;
    },
  };
  const folder = dirname(
    createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  const glue = await import(pathToFileURL(join(folder, 'schema_engine_bg.js')).href);
  const bytes = readFileSync(join(folder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const files = optionValues('--datamodels');
  return glue.SchemaEngine.new(
    { datamodels: files.length > 0 ? files.map((file) => [file, readFileSync(file, 'utf8')]) : undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new MigrationAdapter(datasource.url || NO_DATABASE)),
  );
}

const reply = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

async function answer({ id, method, params }, engine) {
  try {
    const result = (await perform(method, params, engine)) ?? {};
    // The native engine prints a diff itself, through the CLI.
    if (method === 'diff' && result.stdout)
      reply({ id: -id, method: 'print', params: { content: result.stdout } });
    reply({ id, result });
  } catch (error) {
    const message = globalThis.PRISMA_WASM_PANIC_REGISTRY?.message || error.message || String(error);
    const data = { is_panic: false, message, error_code: error.code };
    reply({ id, error: { code: REQUEST_FAILED, message, data } });
  }
}

async function perform(method, params, engine) {
  if (method === 'getDatabaseVersion') return (await engine()).version(null);
  if (method === 'createDatabase') {
    await runDatabaseCommand('create-database');
    return { databaseName: configOf(datasource.url).database };
  }
  return (await engine())[method](params);
}

function serve() {
  let loaded;
  const engine = () => (loaded ??= loadEngine());
  let answered = Promise.resolve();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const message = JSON.parse(line);
      if (message.method) answered = answered.then(() => answer(message, engine));
    })
    // The engine keeps connections open; the CLI is gone, so nothing is lost with them.
    .on('close', () => void answered.finally(() => process.exit()));
}

const commandAt = process.argv.indexOf('cli') + 1;
if (process.argv[2] === '--version') console.log(`schema-engine-cli ${'0'.repeat(40)}`);
else if (commandAt > 0) await runDatabaseCommand(process.argv[commandAt]).catch(reportFailure);
else serve();
