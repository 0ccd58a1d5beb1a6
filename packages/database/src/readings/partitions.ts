import { isLockTimeout, type Pool, type Queryable, transaction } from '../pool.ts';

interface Span {
  name: string;
  from: string;
  to: string;
}

const dayLength = 86_400_000;

function monthOf(instant: Date): Span {
  const year = instant.getUTCFullYear();
  const month = instant.getUTCMonth();
  const start = (n: number) => new Date(Date.UTC(year, n)).toISOString();
  return {
    name: `reading_${start(month).slice(0, 7).replace('-', '_')}`,
    from: start(month),
    to: start(month + 1),
  };
}

function dayOf(instant: Date): Span {
  const from = instant.toISOString().slice(0, 10);
  const to = new Date(Date.parse(from) + dayLength).toISOString();
  return { name: `reading_${from.replaceAll('-', '_')}`, from: `${from}T00:00:00Z`, to };
}

/**
 * Creates the missing tables for readings at these instants: one per UTC day, or per month for months that are over,
 * since an import of years would need a thousand tables. Settled days get none. Readings without a table of their own are
 * in `reading_late`, also those of a table that could not be created now because of a long query.
 */
export async function ensurePartitions(pool: Pool, instants: Iterable<Date>): Promise<void> {
  const days = new Set<string>();
  for (const instant of instants) days.add(instant.toISOString().slice(0, 10));
  const { rows } = await pool.query<{ day: string; isOver: boolean }>(
    `select day, day < date_trunc('month', now() at time zone 'UTC') as "isOver" from unnest($1::date[]) day
     where to_regclass(to_char(day, '"reading_"YYYY_MM_DD')) is null
       and to_regclass(to_char(day, '"reading_"YYYY_MM')) is null
       and day >= coalesce((select until from reading_settled), '-infinity')
     order by day`,
    [[...days]],
  );
  const created = new Set<string>();
  for (const { day, isOver } of rows) {
    const month = monthOf(new Date(day));
    if (created.has(month.name)) continue;
    created.add(await createPartition(pool, dayOf(new Date(day)), isOver ? month : undefined));
  }
}

/** @returns the name of the table for the day, which is the month's if the month is over and none of its days has one */
async function createPartition(pool: Pool, day: Span, month: Span | undefined): Promise<string> {
  try {
    return await transaction(pool, async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtext('mycelium.partition'))`);
      // Not to_regclass: its cached answer may be older than the wait for the lock.
      const { rows } = await tx.query<{ name: string }>(
        `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
         where inhparent = 'reading'::regclass and starts_with(relname, $1)`,
        [monthOf(new Date(day.from)).name],
      );
      const existing = rows.map(({ name }) => name);
      const { name, from, to } = month && existing.length === 0 ? month : day;
      if (existing.some((taken) => name.startsWith(taken))) return name;
      await tx.query(`set local lock_timeout = '3s'`);
      await tx.query('lock table only reading_late in share row exclusive mode');
      // Attached, not created in place, so that other days can be read and written meanwhile.
      await tx.query(`create table ${name} (like reading including defaults including indexes)`);
      await tx.query(
        `with moved as (delete from reading_late where ts >= '${from}' and ts < '${to}' returning point_id, ts, value)
         insert into ${name} (point_id, ts, value) select point_id, ts, value from moved`,
      );
      await tx.query(`alter table reading attach partition ${name} for values from ('${from}') to ('${to}')`);
      return name;
    });
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    return day.name;
  }
}

/** Creates the days up to this many ahead, so that none is created while its readings arrive. */
export async function ensurePartitionsAhead(pool: Pool, now: Date, days = 7): Promise<void> {
  const ahead = (n: number) => new Date(now.getTime() + n * dayLength);
  await ensurePartitions(
    pool,
    Array.from({ length: days + 1 }, (_, n) => ahead(n)),
  );
}

/** Creates the table for the blocks of a UTC day's month. Call it in a transaction. */
export async function ensureBlockPartition(tx: Queryable, day: string): Promise<void> {
  const { name: reading, from, to } = monthOf(new Date(day));
  const name = reading.replace('reading_', 'reading_block_');
  const { rows } = await tx.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    name,
  ]);
  if (rows[0]?.exists) return;
  await tx.query(`create table if not exists ${name} partition of reading_block
    for values from ('${from.slice(0, 10)}') to ('${to.slice(0, 10)}')`);
  // Long arrays are stored apart from the rest of a block, so that long spans are answered from few pages.
  await tx.query(`alter table ${name} set (toast_tuple_target = 512)`);
}

/** The tables of whole months that ended before an instant, of readings and of their blocks, and `reading_late` if it has any. */
export async function partitionsBefore(db: Queryable, before: Date): Promise<string[]> {
  const { name: month, from: until } = monthOf(before);
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'reading'::regclass and c.relname < $1
       or i.inhparent = 'reading_block'::regclass and c.relname < $2
     union all
     select 'reading_late' where exists (select from reading_late where ts < $3) order by 1`,
    [month, month.replace('reading_', 'reading_block_'), until],
  );
  return rows.map(({ name }) => name);
}

/**
 * Drops whole months that ended before an instant, with the marks of their late readings. Results computed from these
 * readings stay. Call it in a transaction.
 * @returns the names of the tables that are dropped, or emptied of these months
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
  await db.query('delete from reading_emptied where name = any($1)', [names]);
  for (const name of names) {
    if (name === 'reading_late') await db.query('delete from reading_late where ts < $1', [until]);
    else await db.query(`drop table ${name}`);
  }
  return names;
}

/** The instant before which readings were dropped; undefined if none were. */
export async function readingsDroppedUntil(db: Queryable): Promise<Date | undefined> {
  const { rows } = await db.query<{ until: Date }>('select until from readings_dropped');
  return rows[0]?.until;
}
