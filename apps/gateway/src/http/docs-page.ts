import { API_BASE, type Endpoint } from '@swarm/contracts';
import type { z } from 'zod';

/** A page for people over the same table that the OpenAPI document is made from. */
export function docsPage(endpoints: Readonly<Record<string, Endpoint>>): string {
  const sections = Object.values(endpoints).map(section).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Build swarm: API</title>
<link rel="stylesheet" href="/dashboard.css">
</head>
<body>
<main>
<h1>API of the build swarm</h1>
<p>For machines: <a href="/api/openapi.json">OpenAPI 3.1</a>. Back to the <a href="/">status page</a>.</p>
<p>When the gateway has a token, every POST and DELETE wants it: <code>Authorization: Bearer …</code>.
Failures look like <code>{"error": {"code", "message", "hint"}}</code>.</p>
${sections}
<section><h2><code>GET /events</code></h2><p>Server-sent events; <code>Last-Event-ID</code> resumes without a gap.</p></section>
<section><h2><code>GET /metrics</code></h2><p>Prometheus text.</p></section>
</main>
</body>
</html>
`;
}

function section({ method, path, summary, params, query, body }: Endpoint): string {
  const rows = [...fields(params, 'path'), ...fields(query, 'query'), ...fields(body, 'body')].join('');
  const table =
    rows === '' ? '' : `<table><thead><tr><th>field</th><th>in</th><th></th></tr></thead>${rows}</table>`;
  return `<section><h2><code>${method} ${API_BASE}${path}</code></h2><p>${escaped(summary)}</p>${table}</section>`;
}

function fields(object: z.ZodObject, where: string): string[] {
  return Object.entries(object.shape).map(([name, field]) => {
    const isOptional = (field as z.ZodType).safeParse(undefined).success;
    const cells = [`<code>${escaped(name)}</code>`, where, isOptional ? 'optional' : 'required'];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
