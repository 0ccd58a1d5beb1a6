// Works with programs from 008 on.
import type { PoolClient } from 'pg';

/**
 * Keys are compared byte by byte: their order means nothing to people, and an index on them stays right when the
 * operating system sorts text another way. Only the indexes on these columns are built again. A transaction for each
 * column, since one that locks many tables would wait for a search that waits for it.
 */
export async function up(db: PoolClient): Promise<void> {
  const { rows } = await db.query<{ table: string; column: string }>(
    `select distinct c.oid::regclass::text as table, quote_ident(a.attname) as column
       from pg_index x
         join pg_class c on c.oid = x.indrelid
         join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey)
      where c.relnamespace = 'public'::regnamespace and not c.relispartition
        and a.atttypid = 'text'::regtype and a.attcollation = '"default"'::regcollation
      order by 1, 2`,
  );
  for (const { table, column } of rows) {
    await db.query('begin');
    const triggers = await dropTriggers(db, table);
    await db.query(`alter table ${table} alter column ${column} type text collate "C"`);
    for (const definition of triggers) await db.query(definition);
    await db.query('commit');
  }
}

/** A column cannot be altered while a trigger names it. @returns what creates them again */
async function dropTriggers(db: PoolClient, table: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string; definition: string }>(
    `select quote_ident(tgname) as name, pg_get_triggerdef(oid) as definition from pg_trigger
      where tgrelid = $1::regclass and not tgisinternal and tgparentid = 0 and tgattr <> ''::int2vector`,
    [table],
  );
  for (const { name } of rows) await db.query(`drop trigger ${name} on ${table}`);
  return rows.map(({ definition }) => definition);
}
