import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyReadings, createPool, type Pool } from '@mycelium/database';
import { settleBefore } from '@mycelium/database/testing';
import { startServices } from '@mycelium/embedded';
import type { Scenario } from '../harness/scenario.ts';
import { mountSmallDisk, whyNoSmallDisk } from '../harness/small-disk.ts';
import { openTestbed } from '../harness/testbed.ts';

const dayMillis = 86_400_000;
const first = Date.UTC(2026, 0, 1);
const points = 30;

export const r25: Scenario = {
  id: 'R25',
  title: 'the disk of PostgreSQL fills up while days are settled, and there is room again',
  unavailable: whyNoSmallDisk,
  async run(outer) {
    const [turns, days] = outer.full ? [4, 16] : [1, 8];
    const home = await outer.home();
    const folder = join(home, 'postgres');
    await mkdir(folder, { recursive: true });
    const disk = await mountSmallDisk(outer, folder, 420);
    const start = () => startServices({ home, redis: false, postgres: true });
    let server = await start();
    outer.onEnd(() => server.stop());
    const testbed = await openTestbed(outer, {
      databaseUrl: server.databaseUrl as string,
      redisUrl: outer.redisUrl,
    });
    const expected = new Map<string, number>();
    const broken: string[] = [];
    let failures = 0;
    let recovered = 0;
    let settled = 0;
    let lost = 0;
    let doubled = 0;
    for (let turn = 0; turn < turns; turn++) {
      for (let day = 0; day < days; day++) {
        const readings = Array.from({ length: points * 288 }, (_, n) => ({
          pointId: 1 + Math.floor(n / 288),
          // Later turns are late: they fall between the readings of the earlier ones.
          ts: new Date(first + day * dayMillis + (n % 288) * 300_000 + turn),
          value: Math.round(testbed.random() * 1_000) / 7,
        }));
        await copyReadings(testbed.pool, readings);
        for (const { pointId, ts, value } of readings) expected.set(`${pointId} ${ts.getTime()}`, value);
      }
      await disk.fill(0);
      const before = first + days * dayMillis;
      const error = await settle(testbed.pool, before).then(
        () => undefined,
        (error: Error) => error,
      );
      if (error) failures++;
      testbed.log(error ? `full: ${error.message}` : 'the days fitted');
      await disk.free();
      // Without room for its log, PostgreSQL stops itself, and somebody starts it again.
      if (!(await answers(testbed.databaseUrl))) {
        await server.stop();
        server = await start();
      }
      const found = await compare(testbed.pool, expected);
      lost += found.lost;
      doubled += found.doubled;
      settled += (await settle(testbed.pool, before)).readings;
      const { rows } = await testbed.pool.query<{ hot: number }>('select count(*)::int as hot from reading');
      if ((rows[0]?.hot ?? 0) > 0)
        broken.push(`${rows[0]?.hot} readings are not settled though there is room`);
      else recovered++;
    }
    const found = await compare(testbed.pool, expected);
    if (failures === 0) broken.push('the disk was never full for the settling');
    return {
      ...{ lost: lost + found.lost, doubled: doubled + found.doubled, recovered, broken },
      note: `${failures} of ${turns} settlings failed for want of room; all ${expected.size} readings stayed, and ${settled} were settled when there was room`,
    };
  },
};

const settle = (pool: Pool, before: number) =>
  settleBefore(pool, new Date(before).toISOString().slice(0, 10), 20_000);

async function answers(databaseUrl: string): Promise<boolean> {
  for (let n = 0; n < 10; n++) {
    const pool = createPool(databaseUrl, { name: 'chaos', max: 1 });
    const isUp = await pool.query('select 1').then(
      () => true,
      () => false,
    );
    await pool.end();
    if (isUp) return true;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return false;
}

/** Readings that are missing or have another value, and those that were never written. */
async function compare(pool: Pool, expected: Map<string, number>) {
  const { rows } = await pool.query<{ id: number; time: number; value: number }>(
    'select point_id as id, extract(epoch from ts)::float8 * 1000 as time, value from readings',
  );
  const right = rows.filter(({ id, time, value }) => expected.get(`${id} ${time}`) === value).length;
  return { lost: expected.size - right, doubled: rows.length - right };
}
