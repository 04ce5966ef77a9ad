import type { z } from 'zod';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** False for an id that no row can have; Postgres would refuse the question. Ids come in URLs, too. */
export function isUuid(id: string): boolean {
  return UUID.test(id);
}

/** Names a row in errors. */
export interface RowName {
  readonly table: string;
  readonly id: string;
}

/** A row that the model has no value for. The ledger is damaged, or newer than this code: better to stop here. */
export function impossible({ table, id }: RowName, why: string): never {
  throw new Error(`impossible row in ${table} (${id}): ${why}`);
}

/** The value of a column that must have one in this row's state. */
export function required<T>(row: RowName, column: string, value: T | null): T {
  return value ?? impossible(row, `${column} is missing`);
}

/** A JSON or enumeration column, checked. */
export function parsed<S extends z.ZodType>(row: RowName, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  return result.success ? result.data : impossible(row, result.error.message);
}
