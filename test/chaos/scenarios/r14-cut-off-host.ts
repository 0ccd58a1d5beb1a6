import { setTimeout as wait } from 'node:timers/promises';
import { openHost, whyNoHosts } from '../harness/hosts.ts';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';

const delay = 5;
/** The lock expires, the stalled check sees it at its second visit, and another host first ends its own batch. */
const takeoverSeconds = 30;

export const r14: Scenario = {
  id: 'R14',
  title: 'workers on hosts of their own, far away; one is cut off in mid-batch and comes back',
  unavailable: whyNoHosts,
  async run(testbed) {
    const [count, leaseSeconds] = testbed.full ? [2_000, 5] : [300, 2];
    const keys = await writeDay(testbed, count);
    const hosts = await Promise.all([1, 2, 3].map((n) => openHost(testbed, n, delay)));
    const workers = hosts.map(({ via, databaseUrl, redisUrl }, n) =>
      startStubWorker(testbed, {
        ...{ name: `host-${n + 1}`, millisecondsPerImage: 50, leaseSeconds, via, databaseUrl, redisUrl },
      }),
    );
    await Promise.all(workers.map(({ ready }) => ready));
    await requestDay(testbed);
    const vectors = async () =>
      Number((await testbed.pool.query('select count(*) as n from image_embedding')).rows[0]?.n);
    while ((await vectors()) < count / 10) await wait(50);

    const chosen = Math.floor(testbed.random() * hosts.length);
    const cut = hosts[chosen] as (typeof hosts)[number];
    const holder = `host-${chosen + 1}`;
    await wait(testbed.random() * 1_000);
    while ((await heldBatches(testbed, holder)) === 0) await wait(20);
    await cut.cutOff();
    testbed.log('a host is cut off');
    const since = performance.now();
    const elapsed = () => (performance.now() - since) / 1_000;
    const held = await heldBatches(testbed, holder);
    let left = held;
    while (left > 0 && elapsed() < takeoverSeconds) {
      await wait(50);
      left = await heldBatches(testbed, holder);
    }
    const takenOver = held - left;
    const cutSeconds = elapsed();
    await cut.join();
    const report = await dayReport(testbed, testbed.full ? 300 : 120);
    const dead = await deadLettered(testbed);
    const broken: string[] = [];
    if (held === 0) broken.push('the host that was cut off had no batch in progress');
    else if (takenOver !== held)
      broken.push(`${takenOver} of the ${held} batches in progress were taken over in ${takeoverSeconds} s`);
    if (dead.length > 0) broken.push(`${dead.length} images dead-lettered`);
    if (report?.succeeded !== count) broken.push(`the report says ${report?.succeeded} of ${count}`);
    return {
      ...(await countVectors(testbed.pool, keys)),
      recovered: report && takenOver > 0 ? 1 : 0,
      broken,
      note: `${hosts.length} hosts, ${delay} ms each way, one cut off in mid-batch; ${takenOver} of its ${held} batches taken over after ${cutSeconds.toFixed(1)} s; ${report?.succeeded ?? 0} of ${count} done`,
    };
  },
};

async function heldBatches({ pool }: Testbed, holder: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from lease where holder = $1 and name like 'embed_batch/%'`,
    [holder],
  );
  return rows[0]?.n as number;
}
