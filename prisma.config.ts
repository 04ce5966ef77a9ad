import { defineConfig } from 'prisma/config';

const url = process.env['DATABASE_URL'];
const shadowDatabaseUrl = process.env['SHADOW_DATABASE_URL'];

// `generate` and `validate` need no database; the rest reports a missing DATABASE_URL itself.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(url && { datasource: { url, ...(shadowDatabaseUrl && { shadowDatabaseUrl }) } }),
});
