import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { copyReadings, createPool, ensurePoints, type Pool } from '@mycelium/database';
import { startServices } from '@mycelium/embedded';
import { copyAsReplica } from '@mycelium/embedded/testing';
import { startApp } from '../harness/app-process.ts';
import { countVectors, dayReport, requestDay, writeDay } from '../harness/images.ts';
import type { Outcome, Scenario, Testbed } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';
import { openSwitch } from '../harness/switch.ts';
import { openTestbed } from '../harness/testbed.ts';

export const r18: Scenario = {
  id: 'R18',
  title:
    'PostgreSQL killed in mid-run and its replica promoted, with all commits and without those of the last seconds',
  quiet: true,
  async run(outer) {
    const rounds = outer.full ? [0, 2, 0, 2] : [2];
    const outcomes: (Outcome & { note: string })[] = [];
    for (const behind of rounds) outcomes.push(await promote(outer, behind));
    const sum = (of: (outcome: Outcome) => number | null | undefined) =>
      outcomes.reduce((total, outcome) => total + (of(outcome) ?? 0), 0);
    return {
      lost: sum(({ lost }) => lost),
      doubled: sum(({ doubled }) => doubled),
      recovered: sum(({ recovered }) => recovered),
      broken: outcomes.flatMap(({ broken }) => broken),
      note: outcomes.map(({ note }) => note).join('; '),
    };
  },
};

/** @param behind seconds that the replica has not received when the primary dies */
async function promote(outer: Testbed, behind: number): Promise<Outcome> {
  const count = outer.full ? 2_000 : 300;
  const [home, otherHome] = [await outer.home(), await outer.home()];
  const primary = await startServices({ home, redis: false, postgres: true });
  outer.onEnd(() => primary.stop());
  const primaryUrl = primary.databaseUrl as string;
  const address = await openSwitch(outer, primaryUrl);
  const testbed = await openTestbed(outer, { databaseUrl: address.databaseUrl, redisUrl: outer.redisUrl });
  await copyAsReplica({ home, databaseUrl: primaryUrl }, otherHome);
  const replica = await startServices({ home: otherHome, redis: false, postgres: true });
  outer.onEnd(() => replica.stop());
  const replicaUrl = replica.databaseUrl as string;
  const there = createPool(replicaUrl, { name: 'chaos', max: 1 });
  outer.onEnd(() => there.end());
  const copy = createPool(at(replicaUrl, testbed.databaseUrl), { name: 'chaos', max: 1 });
  outer.onEnd(() => copy.end());

  const keys = await writeDay(testbed, count);
  await startApp(testbed, 'scheduler');
  const workers = [1, 2].map((n) =>
    startStubWorker(testbed, { name: `worker-${n}`, millisecondsPerImage: 30, leaseSeconds: 5 }),
  );
  await Promise.all(workers.map(({ ready }) => ready));
  // The leading scheduler has been there, and the replica knows it.
  while ((await copy.query('select from timeline')).rowCount === 0) await wait(100);
  const sender = sendReadings(testbed.pool);
  await requestDay(testbed);
  await wait(outer.full ? 5_000 : 1_500);

  if (behind > 0) {
    await there.query(`alter system set primary_conninfo = ''`);
    await there.query('select pg_reload_conf()');
    await wait(behind * 1_000);
  }
  const pid = Number.parseInt(await readFile(join(home, 'postgres/data/postmaster.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
  await there.query('select pg_promote()');
  address.leadTo(replicaUrl);
  testbed.log(`the replica is promoted, ${behind} s behind`);

  const broken: string[] = [];
  if (!(await dayReport(testbed, outer.full ? 200 : 90))) broken.push('the run did not end');
  const acknowledged = await sender.stop();
  // The next nightly run embeds the images of batches that the replica never received.
  await testbed.pool.query(`delete from runs where job = 'daily_clip_inference'`);
  await requestDay(testbed);
  if (!(await dayReport(testbed, 90))) broken.push('the next run did not end');
  const { lost, doubled } = await countVectors(testbed.pool, keys);
  const missing = await missingReadings(testbed.pool, acknowledged);
  const named = await namedGap(testbed.pool);
  if (!named) broken.push('no alert names what may be missing');
  const silent = missing.filter((at) => !named || at < named.from || at > named.to);
  return {
    lost: lost + silent.length,
    doubled,
    recovered: broken.length === 0 ? 1 : 0,
    broken,
    note: `${behind} s behind: ${missing.length} of ${acknowledged.length} acknowledged readings not on the replica, ${silent.length} outside the ${named ? ((named.to - named.from) / 1_000).toFixed(0) : '–'} s that the alert names, all ${keys.length - lost} images embedded once`,
  };
}

function at(server: string, database: string): string {
  return Object.assign(new URL(server), { pathname: new URL(database).pathname }).href;
}

/** Sends a reading every 20 ms. @returns `stop`, which returns when each acknowledged one was, by the time in it */
function sendReadings(pool: Pool) {
  const acknowledged: number[] = [];
  let stopped = false;
  const sending = (async () => {
    const name = { room: '611', deviceType: 'mushroom_env_status', device: 'chaos', point: 'temperature' };
    let point: number | undefined;
    while (!stopped) {
      const ts = new Date();
      try {
        point ??= [...(await ensurePoints(pool, [name])).values()][0] as number;
        await copyReadings(pool, [{ pointId: point, ts, value: 17 }]);
        acknowledged.push(ts.getTime());
      } catch {
        // Not acknowledged: a device would keep it.
      }
      await wait(20);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await sending;
      return acknowledged;
    },
  };
}

async function missingReadings(pool: Pool, acknowledged: number[]): Promise<number[]> {
  const { rows } = await pool.query<{ ts: Date }>(
    `select ts from reading join point on point.id = point_id where device = 'chaos'`,
  );
  const stored = new Set(rows.map(({ ts }) => ts.getTime()));
  return acknowledged.filter((ts) => !stored.has(ts));
}

/** The time that the alert names, in milliseconds, to the second. */
async function namedGap(pool: Pool): Promise<{ from: number; to: number } | undefined> {
  for (let tries = 0; tries < 300; tries++) {
    const { rows } = await pool.query<{ params: { from: string; to: string } }>(
      `select params from alert where kind = 'takeover'`,
    );
    const gap = rows[0]?.params;
    if (gap) return { from: instant(gap.from), to: instant(gap.to) + 1_000 };
    await wait(100);
  }
  return undefined;
}

const instant = (local: string) => Date.parse(`${local.replace(' ', 'T')}Z`);
