import { type Pool, type Queryable, transaction } from '../pool.ts';

interface Month {
  name: string;
  from: string;
  to: string;
}

/** Each UTC month of readings has its own table. */
function monthOf(instant: Date): Month {
  const year = instant.getUTCFullYear();
  const month = instant.getUTCMonth();
  const start = (n: number) => new Date(Date.UTC(year, n)).toISOString();
  return {
    name: `reading_${start(month).slice(0, 7).replace('-', '_')}`,
    from: start(month),
    to: start(month + 1),
  };
}

/**
 * Creates the missing tables for readings at these instants. They are attached, not created in place, so that
 * other months can be read and written meanwhile.
 */
export async function ensurePartitions(pool: Pool, instants: Iterable<Date>): Promise<void> {
  const months = new Map<string, Month>();
  for (const instant of instants) {
    const month = monthOf(instant);
    months.set(month.name, month);
  }
  const { rows } = await pool.query<{ name: string }>(
    'select name from unnest($1::text[]) name where to_regclass(name) is null',
    [[...months.keys()]],
  );
  for (const { name } of rows) await createPartition(pool, months.get(name) as Month);
}

async function createPartition(pool: Pool, { name, from, to }: Month): Promise<void> {
  await transaction(pool, async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('mycelium.partition'))`);
    // Not to_regclass: its cached answer may be older than the wait for the lock.
    const { rowCount } = await tx.query(
      `select from pg_inherits join pg_class on pg_class.oid = inhrelid
       where inhparent = 'reading'::regclass and relname = $1`,
      [name],
    );
    if (rowCount) return;
    await tx.query(`create table ${name} (like reading including defaults including indexes)`);
    await tx.query(`alter table reading attach partition ${name} for values from ('${from}') to ('${to}')`);
  });
}

/** Creates the months up to this many days ahead, for other programs that insert readings by SQL. */
export async function ensurePartitionsAhead(pool: Pool, now: Date, days = 62): Promise<void> {
  const ahead = (n: number) => new Date(now.getTime() + n * 86_400_000);
  await ensurePartitions(
    pool,
    Array.from({ length: days + 1 }, (_, n) => ahead(n)),
  );
}

/** The tables of whole months that ended before an instant. */
export async function partitionsBefore(db: Queryable, before: Date): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'reading'::regclass and c.relname < $1 order by 1`,
    [monthOf(before).name],
  );
  return rows.map(({ name }) => name);
}

/**
 * Drops whole months that ended before an instant, with the marks of their late readings. Results computed from these
 * readings stay. Call it in a transaction.
 * @returns the names of the dropped tables
 */
export async function dropPartitionsBefore(db: Queryable, before: Date): Promise<string[]> {
  const names = await partitionsBefore(db, before);
  if (names.length === 0) return names;
  const until = monthOf(before).from;
  await db.query(
    `insert into readings_dropped (until) values ($1)
     on conflict (only_row) do update set until = greatest(readings_dropped.until, excluded.until)`,
    [until],
  );
  await db.query('delete from late_reading where last < $1', [until]);
  await db.query('update late_reading set first = $1 where first < $1', [until]);
  for (const name of names) await db.query(`drop table ${name}`);
  return names;
}

/** The instant before which readings were dropped; undefined if none were. */
export async function readingsDroppedUntil(db: Queryable): Promise<Date | undefined> {
  const { rows } = await db.query<{ until: Date }>('select until from readings_dropped');
  return rows[0]?.until;
}
