import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { copyReadings, ensurePoints, type Pool } from '@mycelium/database';
import { enqueueSlot } from '@mycelium/queue';
import type { Scenario, Testbed } from '../harness/scenario.ts';

const script = new URL('../../tools/settle-worker.ts', import.meta.url).pathname;
const dayMillis = 86_400_000;
/** Days before today to which the clients write. Those before the third last are settled. */
const days = 12;
const instantsADay = 288;
const pointsOfClient = 10;

export const r24: Scenario = {
  id: 'R24',
  title:
    'settling killed just before and just after COMMIT, while four clients write to old days and new ones',
  async run(testbed) {
    const [kills, dieAtCommit] = testbed.full ? [200, 0.4] : [5, 0.4];
    const clients = await startClients(testbed);
    await clients.written(testbed.full ? 100_000 : 5_000);
    const settlers = startSettlers(testbed, dieAtCommit);
    const until = Date.now() + (testbed.full ? 1_500_000 : 60_000);
    while (settlers.deaths() < kills && Date.now() < until) await requestRun(testbed);
    const expected = await clients.stop();
    await settlers.stop();

    const calm = startSettlers(testbed, 0);
    const broken: string[] = [];
    // Days before it may have been written to by the last requests.
    await requestRun(testbed, 30_000);
    await calm.stop();
    if (settlers.deaths() < kills) broken.push(`only ${settlers.deaths()} kills`);
    const { rows } = await testbed.pool.query<{ blocks: number; hot: number }>(
      `select (select count(*) from reading_block) as blocks,
         (select count(*) from reading where ts < (select until from reading_settled)) as hot`,
    );
    const { blocks = 0, hot = 0 } = rows[0] ?? {};
    if (hot > 0) broken.push(`${hot} readings of settled days are not settled`);
    if (blocks === 0) broken.push('nothing was settled');
    const { lost, doubled, wrong } = await compare(testbed.pool, expected);
    if (wrong > 0) broken.push(`${wrong} readings have another value than the last one acknowledged`);
    return {
      ...{ lost, doubled, broken },
      recovered: settlers.deaths(),
      note: `${settlers.deaths()} kills at COMMIT; ${expected.size} readings of ${clients.acknowledged()} acknowledged writes, ${clients.late()} of them to settled days, each there once, bit for bit, in ${blocks} blocks and in rows`,
    };
  },
};

/** Requests a run and waits until it has ended, however often its worker dies. */
async function requestRun({ queues }: Testbed, patience = 20_000): Promise<void> {
  const slot = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  await enqueueSlot(queues, 'settle_readings', slot, 'manual', {});
  const until = Date.now() + patience;
  const open = async () => {
    const counts = await queues
      .of('settle_readings')
      .getJobCounts('waiting', 'active', 'delayed', 'prioritized');
    return Object.values(counts).some((n) => n > 0);
  };
  while (Date.now() < until && (await open())) await wait(100);
  await wait(1_000 - (Date.now() % 1_000)); // each run has its own second
}

/** Two workers, each replaced when it dies. */
function startSettlers(testbed: Testbed, dieAtCommit: number) {
  const { databaseUrl, redisUrl, prefix } = testbed;
  let started = 0;
  let deaths = 0;
  let isEnded = false;
  const running = new Set<{ child: ChildProcess; gone: Promise<unknown> }>();
  const start = () => {
    const settings = {
      ...{ name: `settle-${++started}`, databaseUrl, redisUrl, prefix, dieAtCommit },
      seed: Math.floor(testbed.random() * 2 ** 31),
    };
    const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const one = { child, gone: once(child, 'exit') };
    running.add(one);
    void one.gone.then(() => {
      running.delete(one);
      if (isEnded) return;
      deaths++;
      start();
    });
  };
  for (let n = 0; n < 2; n++) start();
  const stop = async () => {
    isEnded = true;
    await Promise.all(
      [...running].map(({ child, gone }) => {
        child.kill('SIGKILL');
        return gone;
      }),
    );
  };
  testbed.onEnd(stop);
  return { deaths: () => deaths, stop };
}

/** Four clients, each with its own points, which write again what was acknowledged, correct it, and add to it. */
async function startClients(testbed: Testbed) {
  const today = Math.floor(Date.now() / dayMillis) * dayMillis;
  const settledBefore = today - 3 * dayMillis;
  const expected = new Map<string, number>();
  let isEnded = false;
  let acknowledged = 0;
  let late = 0;

  async function client(n: number) {
    const names = Array.from({ length: pointsOfClient }, (_, point) => ({
      ...{ room: `60${n}`, deviceType: 'mushroom_env_status', device: `mushroom_env_status_60${n}` },
      point: `p${point}`,
    }));
    const ids = [...(await ensurePoints(testbed.pool, names)).values()];
    let value = 0;
    while (!isEnded) {
      const day = today - Math.floor(testbed.random() * days) * dayMillis;
      const readings = ids.flatMap((pointId) =>
        Array.from({ length: 20 }, () => ({
          pointId,
          ts: new Date(day + Math.floor(testbed.random() * instantsADay) * 300_000 + n),
          // Some repeat a value that is there already.
          value: testbed.random() < 0.3 ? 1 : value++ / 7,
        })),
      );
      await copyReadings(testbed.pool, readings);
      for (const { pointId, ts, value } of readings) expected.set(`${pointId} ${ts.getTime()}`, value);
      acknowledged += readings.length;
      if (day < settledBefore) late += readings.length;
      await wait(20);
    }
  }
  const all = Promise.all([1, 2, 3, 4].map(client));
  return {
    async written(n: number) {
      while (acknowledged < n) await Promise.race([wait(50), all]);
    },
    async stop() {
      isEnded = true;
      await all;
      return expected;
    },
    acknowledged: () => acknowledged,
    late: () => late,
  };
}

async function compare(pool: Pool, expected: Map<string, number>) {
  const { rows } = await pool.query<{ id: number; time: number; value: number }>(
    'select point_id as id, extract(epoch from ts)::float8 * 1000 as time, value from readings',
  );
  const found = new Map<string, number>();
  for (const { id, time, value } of rows) found.set(`${id} ${time}`, value);
  let lost = 0;
  let wrong = 0;
  for (const [key, value] of expected) {
    if (!found.has(key)) lost++;
    else if (found.get(key) !== value) wrong++;
  }
  return { lost, wrong, doubled: rows.length - expected.size + lost };
}
