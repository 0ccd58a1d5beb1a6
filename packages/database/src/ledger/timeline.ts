import type { Queryable } from '../pool.ts';

/** SQL for the server's timeline: 1, and one more each time that a copy of it takes over. */
export const timelineNow = `('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint`;

/** PostgreSQL was replaced by a copy of itself: what was written between these instants may be missing. */
export interface Takeover {
  from: Date;
  to: Date;
}

/**
 * Notices that a replica took over, or that a backup was restored to a point in time. Called every few seconds.
 * @returns the newest takeover of the last day
 */
export async function watchTimeline(db: Queryable): Promise<Takeover | undefined> {
  await db.query(
    `insert into timeline (timeline) values (${timelineNow})
     on conflict (timeline) do update set seen_at = clock_timestamp()`,
  );
  const { rows } = await db.query<Takeover>(
    `select before.seen_at as "from", now.noticed_at as "to"
       from timeline now, lateral (
         select seen_at from timeline where timeline < now.timeline order by timeline desc limit 1) before
      where now.noticed_at > clock_timestamp() - interval '1 day'
      order by now.timeline desc limit 1`,
  );
  return rows[0];
}
