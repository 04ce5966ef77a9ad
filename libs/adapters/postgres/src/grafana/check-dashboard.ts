import pg from 'pg';
import { z } from 'zod';

import { expandMacros, type DashboardTime } from './expand-macros.js';

/** Width of a dashboard in Grafana's grid. */
const GRID_COLUMNS = 24;
const STATEMENT_LIMIT_MS = 5_000;
const RANGE_MS = 24 * 3_600_000;
const INTERVAL_SECONDS = 60;
const ROWS_SHOWN = 500;
/** int8, int2, int4, float4, float8, numeric. */
const NUMERIC_OIDS: readonly number[] = [20, 21, 23, 700, 701, 1700];

const Target = z.object({ refId: z.string(), rawSql: z.string(), format: z.enum(['table', 'time_series']) });
const Panel = z.object({
  id: z.int(),
  title: z.string().min(1),
  type: z.string(),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z.array(Target).default([]),
});
const Dashboard = z.object({
  uid: z.string().min(1),
  title: z.string().min(1),
  schemaVersion: z.int().min(36),
  panels: z.array(Panel).min(1),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.string() })) }),
});

export interface DashboardReport {
  readonly title: string;
  /** What each query gave. */
  readonly queries: readonly {
    readonly panel: string;
    readonly rows: number;
    readonly columns: readonly string[];
  }[];
  /** Sentences; none when every panel can be drawn. */
  readonly problems: readonly string[];
}

/**
 * Runs all the SQL of a Grafana dashboard, read-only, and says what Grafana could not draw: a query that fails, a
 * time series without `time` and a number, panels that overlap the grid. How Grafana renders it is not covered.
 */
export async function checkDashboard(dashboard: unknown, databaseUrl: string): Promise<DashboardReport> {
  const { title, panels, templating } = Dashboard.parse(dashboard);
  const client = new pg.Client({ connectionString: databaseUrl, statement_timeout: STATEMENT_LIMIT_MS });
  await client.connect();
  try {
    await client.query('set default_transaction_read_only = on');
    const problems = problemsOfLayout(panels);
    const time = await timeWithVariables(client, templating.list);
    const queries: DashboardReport['queries'][number][] = [];
    for (const panel of panels) {
      for (const target of panel.targets) {
        const where = `panel ${panel.id} "${panel.title}" ${target.refId}`;
        try {
          const { rows, fields } = await client.query(wrapped(target.rawSql, time));
          queries.push({ panel: panel.title, rows: rows.length, columns: fields.map(({ name }) => name) });
          if (target.format === 'time_series') problems.push(...problemsOfSeries(where, fields));
        } catch (error) {
          problems.push(`${where}: ${String(error)}`);
        }
      }
    }
    return { title, queries, problems };
  } finally {
    await client.end();
  }
}

function wrapped(sql: string, time: DashboardTime): string {
  return `select * from (${expandMacros(sql, time)}) as panel limit ${ROWS_SHOWN}`;
}

/** As Grafana does it: each variable's query first, "all" chosen. */
async function timeWithVariables(
  client: pg.Client,
  variables: readonly { readonly name: string; readonly query: string }[],
): Promise<DashboardTime> {
  const to = new Date();
  let time: DashboardTime = {
    from: new Date(to.getTime() - RANGE_MS),
    to,
    intervalSeconds: INTERVAL_SECONDS,
    variables: {},
  };
  for (const { name, query } of variables) {
    const { rows } = await client.query<unknown[]>({ text: expandMacros(query, time), rowMode: 'array' });
    const values = rows.map(([value]) => String(value));
    time = { ...time, variables: { ...time.variables, [name]: values.length > 0 ? values : ['none'] } };
  }
  return time;
}

function problemsOfLayout(panels: readonly z.output<typeof Panel>[]): string[] {
  const ids = new Set(panels.map(({ id }) => id));
  const wide = panels.filter(({ gridPos }) => gridPos.x + gridPos.w > GRID_COLUMNS);
  return [
    ...(ids.size < panels.length ? ['two panels have the same id'] : []),
    ...wide.map(({ title }) => `panel "${title}" is outside the grid`),
  ];
}

function problemsOfSeries(where: string, fields: readonly pg.FieldDef[]): string[] {
  const hasTime = fields.some(({ name }) => name === 'time');
  const hasNumber = fields.some(
    ({ name, dataTypeID }) => name !== 'time' && NUMERIC_OIDS.includes(dataTypeID),
  );
  return [
    ...(hasTime ? [] : [`${where}: a time series has no column "time"`]),
    ...(hasNumber ? [] : [`${where}: a time series has no numeric column`]),
  ];
}
