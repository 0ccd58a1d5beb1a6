import type { PoolClient } from '../pool.ts';
import { settlingLock } from './pack-readings.ts';
import { streamBlocks } from './reading-blocks.ts';
import { firstAtOrAfter } from './reading-stream.ts';

const dayLength = 86_400_000;

/**
 * The settled values of these points and times (milliseconds since 1970), null where there is none. They stay settled as
 * they are until the transaction ends.
 * @returns undefined if none of the days is settled, as usual
 */
export async function settledValues(
  tx: PoolClient,
  points: Int32Array,
  times: Float64Array,
): Promise<(number | null)[] | undefined> {
  const { rows } = await tx.query<{ until: string }>('select until from reading_settled');
  const until = Date.parse(rows[0]?.until ?? '');
  if (!times.some((time) => time < until)) return undefined;
  await tx.query(`select pg_advisory_xact_lock_shared(${settlingLock})`);

  const wanted = new Map<string, number[]>();
  for (const [n, time] of times.entries()) {
    if (time >= until) continue;
    const key = keyOf(points[n] as number, time);
    const known = wanted.get(key);
    if (known) known.push(n);
    else wanted.set(key, [n]);
  }
  const settled = new Array<number | null>(times.length).fill(null);
  let isAny = false;
  const pairs = [...wanted.keys()].map((key) => key.split(' ').map(Number));
  const where = `(point_id, day) in (select point_id, '1970-01-01'::date + day
    from unnest('{${pairs.map(([point]) => point)}}'::int[], '{${pairs.map(([, day]) => day)}}'::int[]) as sent(point_id, day))`;
  for await (const block of streamBlocks(tx, where)) {
    isAny = true;
    for (const n of wanted.get(keyOf(block.pointId, block.times[0] as number)) ?? []) {
      const at = firstAtOrAfter(block.times, times[n] as number);
      if (block.times[at] === times[n]) settled[n] = block.values[at] as number;
    }
  }
  return isAny ? settled : undefined;
}

const keyOf = (pointId: number, time: number) => `${pointId} ${Math.floor(time / dayLength)}`;
