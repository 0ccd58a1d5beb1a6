import { migrate, type Pool, verifySchema } from '@mycelium/database';

/**
 * Makes the schema and verifies it.
 * @throws SchemaError when the database cannot be used; nothing else may go on then.
 */
export async function createTables(pool: Pool) {
  const { applied } = await migrate(pool);
  return { applied, ...(await verifySchema(pool)) };
}
