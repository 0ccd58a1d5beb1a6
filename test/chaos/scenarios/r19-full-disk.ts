import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '@mycelium/embedded';
import { startApp } from '../harness/app-process.ts';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import { countStatistics, writeReadings } from '../harness/readings.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';
import { mountSmallDisk, whyNoSmallDisk } from '../harness/small-disk.ts';
import { startStubWorker } from '../harness/stub-worker.ts';

const token = 'a token for the gateway';
const floor = 24;

export const r19: Scenario = {
  id: 'R19',
  title: 'the disk fills up below the floor in mid-run, several times, while readings arrive',
  unavailable: whyNoSmallDisk,
  async run(outer) {
    const [turns, fullSeconds, count] = outer.full ? [3, 20, 2_000] : [1, 3, 300];
    const home = join(outer.folder, 'home');
    await mkdir(home);
    const disk = await mountSmallDisk(outer, home, 64);
    const testbed: Testbed = { ...outer, folder: home };
    const day = '2026-01-01';
    await writeReadings(testbed, [day]);
    const keys = await writeDay(testbed, count);
    const port = await freePort();
    const settings = { DISK_FLOOR_MIB: String(floor) };
    await startApp(testbed, 'scheduler', settings);
    await startApp(testbed, 'worker-env-stats', settings);
    await startApp(testbed, 'dashboard', { ...settings, DASHBOARD_PORT: String(port), INGEST_TOKEN: token });
    await startStubWorker(testbed, { name: 'worker', millisecondsPerImage: 20 }).ready;
    const gateway = sendReadings(`http://127.0.0.1:${port}/api/readings`);
    await gateway.begun;
    await requestDay(testbed);

    const broken: string[] = [];
    let recovered = 0;
    for (let turn = 0; turn < turns; turn++) {
      await disk.fill(floor / 2);
      await until(async () => (await troubled(testbed)).length >= 2, 30);
      const before = await pausedRuns(testbed);
      await testbed.queues.enqueue(
        'daily_env_stats',
        {},
        { slot: new Date(`2026-01-02T0${turn + 1}:00:00Z`), cause: 'backfill', jobId: `stats-${turn}` },
      );
      await wait(fullSeconds * 1_000);
      const paused = await troubled(testbed);
      if (!paused.includes('worker-env-stats')) broken.push('a worker took jobs on a full disk');
      if ((await pausedRuns(testbed)) > before) broken.push('a run began on a full disk');
      if (gateway.counts.refused === 0) broken.push('no reading was refused with 507');
      await disk.free();
      await until(async () => (await troubled(testbed)).length === 0, 60);
      if ((await troubled(testbed)).length > 0) broken.push('a worker stays paused though there is room');
      else recovered++;
    }
    const { rowCount: alerts } = await testbed.pool.query(`select from alert where kind = 'disk'`);
    if (!alerts) broken.push('no alert about the disk');
    if (!(await dayReport(testbed, outer.full ? 200 : 90))) broken.push('no report in time');
    if ((await deadLettered(testbed)).length > 0) broken.push('images dead-lettered');
    await until(async () => (await countStatistics(testbed.pool, [day])).lost === 0, 60);
    const stats = await countStatistics(testbed.pool, [day]);
    const { acknowledged, refused } = await gateway.stop();
    const { rows } = await testbed.pool.query<{ n: number }>(
      `select count(*)::int as n from reading join point on point.id = point_id where device = 'chaos'`,
    );
    const vectors = await countVectors(testbed.pool, keys);
    return {
      lost: vectors.lost + stats.lost + Math.max(0, acknowledged - (rows[0]?.n ?? 0)),
      doubled: vectors.doubled + stats.doubled,
      ...{ recovered, broken },
      note: `${turns} times below ${floor} MiB for ${fullSeconds} s; ${acknowledged} readings acknowledged, ${refused} refused with 507 and sent again; no run began meanwhile, and all continued by themselves`,
    };
  },
};

async function until(holds: () => Promise<boolean>, seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 5 && !(await holds()); n++) await wait(200);
}

/** The services that report trouble with the disk. */
async function troubled({ pool }: Testbed): Promise<string[]> {
  const { rows } = await pool.query<{ service: string }>(
    `select service from heartbeat where trouble like 'disk:%'
     union all select 'doors' where exists (select from heartbeat where disk_free < ${floor} * 1024 * 1024)`,
  );
  return rows.map(({ service }) => service);
}

async function pausedRuns({ pool }: Testbed): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from run_attempt join runs on runs.id = run_id where job = 'daily_env_stats'`,
  );
  return rows[0]?.n ?? 0;
}

/** A gateway that keeps each reading until it is acknowledged. */
function sendReadings(url: string) {
  const counts = { acknowledged: 0, refused: 0 };
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  let stopped = false;
  const sending = (async () => {
    while (!stopped) {
      const reading = { time: Date.now(), room: '611', device: 'chaos', point: 'temperature', value: 17 };
      for (let done = false; !done && !stopped; ) {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify([reading]),
        }).catch(() => undefined);
        done = answer?.ok === true;
        if (done) counts.acknowledged++;
        if (done) resolve();
        if (answer?.status === 507) counts.refused++;
        await wait(done ? 20 : 200);
      }
    }
  })();
  return {
    begun,
    counts,
    async stop() {
      stopped = true;
      await sending;
      return counts;
    },
  };
}
