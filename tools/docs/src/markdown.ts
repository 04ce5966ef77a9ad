/** Said at the top of each generated page. */
export const GENERATED = '<!-- Written by `npm run docs`: change its source instead. -->';

/** A table; cells may be empty, and a `|` in them is escaped. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** A diagram that the readers of the repository see drawn. */
export function mermaid(lines: readonly string[]): string {
  return ['```mermaid', ...lines, '```'].join('\n');
}

/** A page or a section: its parts with one blank line between them. */
export function paragraphs(...parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

/** Replaces what stands between two marks; throws where a mark is missing. */
export function between(page: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin (written by \`npm run docs\`) -->`;
  const end = `<!-- ${name}:end -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no marks "${begin}" and "${end}"`);
  return `${page.slice(0, from)}${begin}\n\n${content}\n\n${page.slice(to)}`;
}
