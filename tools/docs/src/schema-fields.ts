import { z } from 'zod';

/** One field of a payload: where it stands, and what it may be. */
export interface Field {
  /** `attempts[].phase`; `work(build).cpv` is a field of one variant. */
  readonly path: string;
  readonly type: string;
  readonly isRequired: boolean;
}

/** The part of JSON Schema that our messages come to. */
interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
}

/** The fields of an object schema, nested ones after the field that holds them. */
export function fieldsOf(schema: z.ZodType): readonly Field[] {
  return objectFields(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, '');
}

function objectFields({ properties = {}, required = [] }: Schema, prefix: string): Field[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    return [{ path, type: typeOf(field), isRequired: required.includes(name) }, ...nested(field, path)];
  });
}

function nested(field: Schema, path: string): Field[] {
  if (field.type === 'array' && field.items) return nested(field.items, `${path}[]`);
  if (field.type === 'object') return objectFields(field, `${path}.`);
  return (field.oneOf ?? []).flatMap((variant) => {
    const name = variantName(variant);
    return objectFields(variant, `${path}(${name}).`).filter(({ path: at }) => !at.endsWith(').kind'));
  });
}

function variantName({ properties }: Schema): string {
  const kind = properties?.['kind']?.const;
  return typeof kind === 'string' ? kind : '?';
}

function typeOf(field: Schema): string {
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.enum) return field.enum.map((value) => JSON.stringify(value)).join(', ');
  if (field.oneOf) return `one of ${field.oneOf.map(variantName).join(', ')} (its \`kind\`)`;
  if (field.anyOf) return field.anyOf.map(typeOf).join(' or ');
  if (field.type === 'array') return `list of ${field.items ? typeOf(field.items) : 'anything'}`;
  return `${scalarOf(field)}${limitOf(field)}`;
}

function scalarOf({ type, format, pattern }: Schema): string {
  if (format === 'uuid') return 'UUID';
  if (format === 'date-time') return 'instant';
  if (format === 'uri') return 'URL';
  if (pattern === '^[0-9a-f]{64}$') return '64 hex digits';
  if (pattern !== undefined) return `text like \`${pattern}\``;
  return (
    { string: 'text', integer: 'integer', number: 'number', boolean: 'true or false' }[type ?? ''] ??
    type ??
    'anything'
  );
}

function limitOf({ type, minimum, exclusiveMinimum, maxLength, default: byDefault }: Schema): string {
  const limits = [
    ...(type !== 'string' && minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER
      ? [`≥ ${minimum}`]
      : []),
    ...(exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(byDefault === undefined ? [] : [`default ${JSON.stringify(byDefault)}`]),
  ];
  return limits.length === 0 ? '' : ` (${limits.join(', ')})`;
}
