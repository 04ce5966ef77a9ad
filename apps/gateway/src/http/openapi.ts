import { API_BASE, ApiFailure, type Endpoint } from '@swarm/contracts';
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI document of these routes, made from their schemas. */
export function openApi(endpoints: Readonly<Record<string, Endpoint>>): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const path = `${API_BASE}${endpoint.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(name, endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Build swarm', version: '1', description: 'What the swarm does, and how to ask it to.' },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
}

function operation(name: string, endpoint: Endpoint): Json {
  const { summary, params, query, body, response, status, produces, method } = endpoint;
  const failure = {
    description: 'Refused',
    content: { 'application/json': { schema: schemaOf(ApiFailure) } },
  };
  return {
    operationId: name,
    summary,
    parameters: [...parameters(params, 'path'), ...parameters(query, 'query')],
    ...(method === 'GET'
      ? {}
      : {
          security: [{ token: [] }],
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: {
      [status]: { description: 'Done', content: { [produces]: { schema: schemaOf(response) } } },
      default: failure,
    },
  };
}

function parameters(fields: z.ZodObject, where: 'path' | 'query'): Json[] {
  return Object.entries(fields.shape).map(([name, field]) => ({
    name,
    in: where,
    required: where === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: schemaOf(field as z.ZodType, 'output'),
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
