import type { BandRule } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';

/** All band versions that take effect before an instant. */
export async function listBands(db: Queryable, before: Date): Promise<BandRule[]> {
  const { rows } = await db.query<BandRule>(
    `select room, metric, from_day as "fromDay", to_day as "toDay", low, high,
            extract(epoch from valid_from)::float8 * 1000 as "validFrom"
     from band where valid_from < $1`,
    [before],
  );
  return rows;
}
