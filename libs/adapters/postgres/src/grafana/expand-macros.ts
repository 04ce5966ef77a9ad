/** What Grafana puts into a panel's SQL before it sends it. */
export interface DashboardTime {
  readonly from: Date;
  readonly to: Date;
  /** Width of one bucket. */
  readonly intervalSeconds: number;
  /** Chosen values of the dashboard's variables. */
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

const MACRO = /\$__(\w+)\(/;

/**
 * The SQL that Grafana's PostgreSQL data source would send: the macros and variables that our dashboards use.
 * Throws on any other, so that a dashboard cannot use what is not checked.
 */
export function expandMacros(sql: string, time: DashboardTime): string {
  let expanded = withVariables(sql, time);
  for (let found = MACRO.exec(expanded); found; found = MACRO.exec(expanded)) {
    const open = found.index + found[0].length;
    const { args, end } = argumentsAt(expanded, open);
    const replacement = macro(found[1] ?? '', args, time);
    expanded = expanded.slice(0, found.index) + replacement + expanded.slice(end);
  }
  const left = /\$\w+|\$\{/.exec(expanded);
  if (left) throw new Error(`${left[0]} is no macro or variable that is known here`);
  return expanded;
}

function withVariables(sql: string, { variables, intervalSeconds }: DashboardTime): string {
  const all = { ...variables, __interval: undefined };
  return Object.keys(all).reduce((text, name) => {
    const value = variables[name]?.map(quoted).join(',') ?? `${intervalSeconds}s`;
    return text.replaceAll(new RegExp(`\\$\\{${name}\\}|\\$${name}\\b`, 'g'), () => value);
  }, sql);
}

function macro(name: string, args: readonly string[], { from, to }: DashboardTime): string {
  const [column = '', width = ''] = args;
  switch (name) {
    case 'timeFilter':
      return `${column} between ${quoted(from.toISOString())} and ${quoted(to.toISOString())}`;
    case 'timeFrom':
      return quoted(from.toISOString());
    case 'timeTo':
      return quoted(to.toISOString());
    case 'timeGroup':
      return bucket(column, width);
    case 'timeGroupAlias':
      return `${bucket(column, width)} as "time"`;
    default:
      throw new Error(`$__${name} is no macro that is known here`);
  }
}

function bucket(column: string, width: string): string {
  const found = /^'?(\d+)([smhd])'?$/.exec(width);
  if (!found) throw new Error(`${width} is no interval`);
  const seconds = Number(found[1]) * { s: 1, m: 60, h: 3_600, d: 86_400 }[found[2] as 's' | 'm' | 'h' | 'd'];
  return `floor(extract(epoch from ${column}) / ${seconds}) * ${seconds}`;
}

/** The comma-separated arguments from `start` up to the parenthesis that closes them. */
function argumentsAt(
  text: string,
  start: number,
): { readonly args: readonly string[]; readonly end: number } {
  const args: string[] = [];
  let current = '';
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === ')' && depth === 0) return { args: [...args, current.trim()], end: i + 1 };
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ',' && depth === 0) {
      args.push(current.trim());
      current = '';
    } else current += char;
  }
  throw new Error('a macro is not closed');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
