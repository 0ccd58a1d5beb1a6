import type { Day } from '@mycelium/farm';
import { commit, type Lease } from '../ledger/lease.ts';
import { isLockTimeout, type Pool, type Queryable, transaction } from '../pool.ts';
import { packReadings, settlingLock } from './pack-readings.ts';
import { ensureBlockPartition } from './partitions.ts';

/** What a run moved into blocks. */
export interface Settling {
  readings: number;
  /** Of these, the ones that replaced the settled reading of their instant. */
  replaced: number;
  /** New or changed blocks. */
  blocks: number;
  /** Days that had something to settle. */
  days: number;
  /** Dropped tables, from which an earlier run had moved all readings. */
  dropped: string[];
}

interface Options {
  pool: Pool;
  lease: Lease;
  /** The UTC days before it are settled. */
  before: Day;
  /** Rows per transaction, or else one day of one point. */
  rowsAtOnce?: number;
  signal?: AbortSignal | undefined;
  /** Called with readings. */
  onProgress?: (settled: number, total: number) => unknown;
}

/**
 * Moves the readings of days before an instant into blocks, some points at a time, each in one transaction. Readings that
 * were written to a settled day since are merged into its block, and win. It can be interrupted at any time.
 */
export async function settleReadings({
  pool,
  lease,
  before,
  rowsAtOnce = 200_000,
  signal,
  onProgress = () => {},
}: Options): Promise<Settling> {
  const total: Settling = { readings: 0, replaced: 0, blocks: 0, days: 0, dropped: [] };
  await announce(pool, lease, before);
  const tables = new Map<string, PointDay[]>();
  for (const table of await tablesBefore(pool, before))
    tables.set(table, await pointDays(pool, table, before));
  const all = [...tables.values()].flat();
  const planned = all.reduce((sum, { n }) => sum + n, 0);
  total.days = new Set(all.map(({ day }) => day)).size;
  for (const [table, groups] of tables) {
    for (const batch of batches(groups, rowsAtOnce)) {
      signal?.throwIfAborted();
      const moved = await commit(pool, lease, (tx) => moveBatch(tx, table, batch));
      total.readings += moved.readings;
      total.replaced += moved.replaced;
      total.blocks += moved.blocks;
      await onProgress(total.readings, planned);
    }
    await noteIfEmptied(pool, lease, table, before, groups.length > 0);
  }
  total.dropped = await dropEmptied(pool, lease);
  return total;
}

/** From then on writers compare what they write to these days with the blocks. Waits for those that do not know yet. */
async function announce(pool: Pool, lease: Lease, before: Day): Promise<void> {
  await commit(pool, lease, (tx) =>
    tx.query(
      `insert into reading_settled (until) values ($1)
       on conflict (only_row) do update set until = greatest(reading_settled.until, excluded.until)`,
      [before],
    ),
  );
  await transaction(pool, (tx) => tx.query('lock table only reading in share mode'));
}

/** The tables of `reading` that may have readings before a day. Their names have the day or month in which they begin. */
async function tablesBefore(db: Queryable, before: Day): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = 'reading'::regclass
       and (relname = 'reading_late' or relname < 'reading_' || replace($1, '-', '_'))
     order by 1`,
    [before],
  );
  return rows.map(({ name }) => name);
}

interface PointDay {
  pointId: number;
  day: Day;
  n: number;
}

async function pointDays(db: Queryable, table: string, before: Day): Promise<PointDay[]> {
  const { rows } = await db.query<PointDay>(
    `select point_id as "pointId", (ts at time zone 'UTC')::date as day, count(*)::int as n from ${table}
     where ts < $1::date::timestamp at time zone 'UTC' group by 1, 2 order by 1, 2`,
    [before],
  );
  return rows;
}

/** Consecutive days of points with at most so many readings together, or a single one. */
function* batches(groups: PointDay[], rowsAtOnce: number): Generator<PointDay[]> {
  let batch: PointDay[] = [];
  let rows = 0;
  for (const group of groups) {
    if (batch.length > 0 && rows + group.n > rowsAtOnce) {
      yield batch;
      batch = [];
      rows = 0;
    }
    batch.push(group);
    rows += group.n;
  }
  if (batch.length > 0) yield batch;
}

async function moveBatch(tx: Queryable, table: string, batch: PointDay[]) {
  await tx.query(`set local mycelium.marks_late = 'yes'; set local work_mem = '64MB'`);
  await tx.query(`select pg_advisory_xact_lock(${settlingLock})`);
  for (const month of new Set(batch.map(({ day }) => day.slice(0, 7))))
    await ensureBlockPartition(tx, `${month}-01`);
  const which = [batch.map(({ pointId }) => pointId), batch.map(({ day }) => day)];
  const { rows: known } = await tx.query<{ some: boolean }>(
    `select exists (select from unnest($1::int[], $2::date[]) as batch(point_id, day)
       join reading_block using (point_id, day)) as some`,
    which,
  );
  const { rows } = await tx.query<Pick<Settling, 'readings' | 'replaced' | 'blocks'>>(
    known[0]?.some ? mergeInto(table) : moveFrom(table),
    which,
  );
  return rows[0] as (typeof rows)[number];
}

const gone = (table: string) => `gone as (
    delete from ${table} using unnest($1::int[], $2::date[]) as batch(point_id, day)
    where ${table}.point_id = batch.point_id and ts >= batch.day::timestamp at time zone 'UTC'
      and ts < (batch.day + 1)::timestamp at time zone 'UTC'
    returning ${table}.point_id, batch.day, ts, value)`;

/** None of the points and days has a block. */
const moveFrom = (table: string) => `
  with ${gone(table)}, packed as (${packReadings('gone')} returning point_id)
  select (select count(*)::int from gone) as readings, 0 as replaced, (select count(*)::int from packed) as blocks`;

const mergeInto = (table: string) => `
  with ${gone(table)},
  settled as (select block.point_id, block.day, settled.ts, settled.value
    from (select distinct point_id, day from gone) touched
    cross join lateral (select * from reading_block
      where reading_block.point_id = touched.point_id and reading_block.day = touched.day offset 0) block
    cross join lateral unpack_readings(block.first, block.deltas, block."values") settled),
  kept as (select settled.* from settled left join gone using (point_id, ts) where gone.ts is null),
  packed as (${packReadings('(select * from gone union all select * from kept) merged')} returning point_id)
  select (select count(*)::int from gone) as readings,
    (select count(*)::int from settled) - (select count(*)::int from kept) as replaced,
    (select count(*)::int from packed) as blocks`;

/** Notes that a table of days before an instant has no rows left. */
async function noteIfEmptied(
  pool: Pool,
  lease: Lease,
  table: string,
  before: Day,
  moved: boolean,
): Promise<void> {
  const begins = table.slice('reading_'.length).replaceAll('_', '-');
  const isOver = begins.length === 10 ? begins < before : begins < before.slice(0, 7);
  if (table === 'reading_late' || !isOver) return;
  const { rows } = await pool.query<{ some: boolean }>(`select exists (select from ${table}) as some`);
  if (rows[0]?.some) return;
  await commit(pool, lease, (tx) =>
    tx.query(
      `insert into reading_emptied (name, at) values ($1, now())
       on conflict (name) do update set at = now() where $2`,
      [table, moved],
    ),
  );
}

/**
 * Drops the tables that have been empty for an hour: a statement or a backup that began earlier may still read them. A table
 * that is in use is dropped by the next run.
 */
async function dropEmptied(pool: Pool, lease: Lease): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select name from reading_emptied where at < now() - interval '1 hour' order by 1`,
  );
  const dropped: string[] = [];
  for (const { name } of rows) {
    try {
      await commit(pool, lease, async (tx) => {
        await tx.query(`set local lock_timeout = '3s'`);
        // The parent first: a writer locks it before its partition.
        await tx.query('lock table only reading in access exclusive mode');
        await tx.query(`lock table only ${name} in access exclusive mode`);
        const { rows: left } = await tx.query<{ some: boolean }>(
          `select exists (select from ${name}) as some`,
        );
        await tx.query('delete from reading_emptied where name = $1', [name]);
        if (left[0]?.some) return;
        await tx.query(`drop table ${name}`);
        dropped.push(name);
      });
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
    }
  }
  return dropped;
}
