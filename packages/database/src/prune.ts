import { unfinished } from '@mycelium/farm';
import type { Queryable } from './pool.ts';
import { dropPartitionsBefore, partitionsBefore } from './readings/partitions.ts';

/** Retention periods in days; undefined means forever. */
export interface Kept {
  runs: number;
  alerts: number;
  audit: number | undefined;
  images: number | undefined;
  readings: number | undefined;
}

export interface Pruned {
  runs: number;
  alerts: number;
  audit: number;
  images: number;
  quarantined: number;
  quarantinedReadings: number;
  /** Dropped tables, each a whole month of readings. */
  readings: string[];
}

type Rows = Exclude<keyof Pruned, 'readings'>;

/** Which rows of each table are old: those with a time before $1. Vectors and attempts are deleted along with them. */
const old: Record<Rows, { table: string; key: string; where: string; kept: keyof Kept }> = {
  runs: {
    table: 'runs',
    key: 'id',
    where: `slot < $1 and status not in (${unfinished.map((status) => `'${status}'`).join(', ')})`,
    kept: 'runs',
  },
  alerts: { table: 'alert', key: 'id', where: 'closed_at < $1', kept: 'alerts' },
  audit: { table: 'audit', key: 'id', where: 'at < $1', kept: 'audit' },
  images: { table: 'image', key: 'id', where: 'captured_at < $1', kept: 'images' },
  quarantined: { table: 'quarantine', key: 'key', where: 'last_seen < $1', kept: 'images' },
  quarantinedReadings: {
    table: 'reading_quarantine',
    key: 'ctid',
    where: 'received_at < $1',
    kept: 'readings',
  },
};
const kinds = Object.keys(old) as Rows[];

/** Rows per transaction, so that none holds locks for long and another worker can take over in between. */
const rowsAtOnce = 5_000;

/** Counts what `prune` would delete, without deleting anything. */
export async function countOld(db: Queryable, kept: Kept, now: Date): Promise<Pruned> {
  const counts = await Promise.all(
    kinds.map(async (kind) => {
      const { table, where, kept: which } = old[kind];
      const before = daysBefore(now, kept[which]);
      if (!before) return [kind, 0] as const;
      const { rows } = await db.query<{ n: number }>(`select count(*) as n from ${table} where ${where}`, [
        before,
      ]);
      return [kind, rows[0]?.n ?? 0] as const;
    }),
  );
  const months = daysBefore(now, kept.readings);
  return {
    ...(Object.fromEntries(counts) as Record<Rows, number>),
    readings: months ? await partitionsBefore(db, months) : [],
  };
}

/**
 * Deletes data past its retention period.
 * @param write runs one transaction, which may be refused
 */
export async function prune(
  write: <T>(work: (tx: Queryable) => Promise<T>) => Promise<T>,
  kept: Kept,
  now: Date,
  signal?: AbortSignal,
): Promise<Pruned> {
  const pruned: Pruned = {
    runs: 0,
    alerts: 0,
    audit: 0,
    images: 0,
    quarantined: 0,
    quarantinedReadings: 0,
    readings: [],
  };
  for (const kind of kinds) {
    const { table, key, where, kept: which } = old[kind];
    const before = daysBefore(now, kept[which]);
    for (let gone = before ? rowsAtOnce : 0; gone === rowsAtOnce; pruned[kind] += gone) {
      signal?.throwIfAborted();
      gone = await write(async (tx) => {
        const { rowCount } = await tx.query(
          `delete from ${table} where ${key} in (select ${key} from ${table} where ${where} limit ${rowsAtOnce})`,
          [before],
        );
        return rowCount ?? 0;
      });
    }
  }
  const months = daysBefore(now, kept.readings);
  if (months) pruned.readings = await write((tx) => dropPartitionsBefore(tx, months));
  return pruned;
}

function daysBefore(now: Date, days: number | undefined): Date | undefined {
  return days === undefined ? undefined : new Date(now.getTime() - days * 86_400_000);
}
