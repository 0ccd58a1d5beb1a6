import type { Queryable } from '../pool.ts';

/** The reason of an image that is no longer in the store. It leaves quarantine when it is listed again. */
export const missingReason = 'missing';
/** The reason of an object whose key cannot be read, with the rules and aliases of then. */
export const badKeyReason = 'bad_key';

export interface QuarantineRow {
  key: string;
  reason: string;
  detail: string;
  bytes: number | null;
  etag: string | null;
  firstSeen: Date;
  lastSeen: Date;
  times: number;
}

/** Quarantines bad images with the reason. The same picture is not retried until it is released or replaced. */
export async function quarantine(
  db: Queryable,
  bad: { key: string; reason: string; detail: string; bytes?: number; etag?: string }[],
): Promise<void> {
  if (bad.length === 0) return;
  await db.query(
    `insert into quarantine (key, reason, detail, bytes, etag)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
     on conflict (key) do update set reason = excluded.reason, detail = excluded.detail, bytes = excluded.bytes,
       etag = excluded.etag, last_seen = now(), times = quarantine.times + 1`,
    [
      bad.map(({ key }) => key),
      bad.map(({ reason }) => reason),
      bad.map(({ detail }) => detail),
      bad.map(({ bytes }) => bytes ?? null),
      bad.map(({ etag }) => etag ?? null),
    ],
  );
}

export async function listQuarantine(
  db: Queryable,
  { limit = 100, keys }: { limit?: number; keys?: string[] } = {},
): Promise<QuarantineRow[]> {
  const { rows } = await db.query<QuarantineRow>(
    `select key, reason, detail, bytes, etag, first_seen as "firstSeen", last_seen as "lastSeen", times
     from quarantine where ($2::text[] is null or key = any($2)) order by last_seen desc limit $1`,
    [limit, keys ?? null],
  );
  return rows;
}

/** The next run for their day retries released images. @returns the keys that were released */
export async function releaseFromQuarantine(db: Queryable, keys: string[]): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    'delete from quarantine where key = any($1) returning key',
    [keys],
  );
  return rows.map(({ key }) => key);
}

/** Releases those of these images that were quarantined as missing or for their keys: they are listed, and read. */
export async function releaseListed(db: Queryable, keys: string[]): Promise<void> {
  await db.query('delete from quarantine where key = any($1) and reason = any($2)', [
    keys,
    [missingReason, badKeyReason],
  ]);
}
