import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { startApp } from '../harness/app-process.ts';
import { startImageStore } from '../harness/image-store.ts';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import { startOwnServers } from '../harness/own-servers.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';
import { openTestbed } from '../harness/testbed.ts';
import { startWorkerGroup } from '../harness/worker-group.ts';

export const r7: Scenario = {
  id: 'R7',
  title: 'Redis killed and emptied, PostgreSQL restarted, object store and captioner away, under load',
  quiet: true,
  async run(outer) {
    const [kills, restarts, awaySeconds, count] = outer.full ? [10, 5, 60, 4_000] : [1, 1, 3, 500];
    const servers = await startOwnServers(await outer.home(), await outer.home());
    outer.onEnd(() => servers.stop());
    const images = await startImageStore(await openTestbed(outer, servers));
    const { testbed } = images;
    const keys = await writeDay(testbed, count);
    const scheduler = await startApp(testbed, 'scheduler');
    const workers = startWorkerGroup(testbed, 2, { millisecondsPerImage: 30, leaseSeconds: 5 });
    await workers.ready();
    await requestDay(testbed);

    const broken: string[] = [];
    let faults = 0;
    let survived = 0;
    const vectors = async () =>
      (await testbed.pool.query('select count(*) as n from image_embedding')).rows[0].n as number;
    /** @returns the seconds until the next vector is written */
    async function disturb(what: string, fault: () => Promise<unknown>): Promise<number> {
      await wait(1_000);
      if ((await vectors()) >= count) broken.push(`${what}: all work was done before`);
      await fault();
      faults++;
      const began = Date.now();
      const before = await vectors().catch(() => 0);
      while (Date.now() - began < 60_000) {
        const now = await vectors().catch(() => before);
        if (now > before || now >= count) {
          survived++;
          break;
        }
        await wait(100);
      }
      const seconds = (Date.now() - began) / 1_000;
      testbed.log(`${what}: working again after ${seconds.toFixed(1)} s`);
      return seconds;
    }
    const seconds: number[] = [];
    for (let n = 0; n < kills; n++) seconds.push(await disturb('Redis killed', () => servers.killRedis()));
    for (let n = 0; n < restarts; n++)
      seconds.push(await disturb('PostgreSQL restarted', () => servers.restartPostgres()));
    seconds.push(
      await disturb('object store away', () => images.kill(awaySeconds)),
      await disturb('object store paused', () => images.pause(awaySeconds)),
    );
    const emptied = await disturb('Redis emptied', () => testbed.connection.redis.flushall());

    const report = await dayReport(testbed, 300);
    const { lost, doubled } = await countVectors(testbed.pool, keys);
    const dead = await deadLettered(testbed);
    const burned = (await testbed.queues.of('embed_batch').getCompleted()).filter(
      ({ attemptsMade }) => attemptsMade > 1,
    );
    const captions = await runWithoutCaptioner(outer, servers, awaySeconds);
    broken.push(...captions.broken);
    if (!report) broken.push('no report in time');
    if (dead.length > 0) broken.push(`${dead.length} images dead-lettered`);
    if (burned.length > 0) broken.push(`${burned.length} batches lost an attempt`);
    // Processes wait for a dead server; none exits because of it.
    if (workers.deaths() > 0) broken.push(`${workers.deaths()} workers died`);
    const { exitCode, signalCode } = scheduler.child;
    if (exitCode !== null || signalCode) broken.push(`the scheduler ended with ${exitCode ?? signalCode}`);
    const slowest = Math.max(...seconds);
    if (slowest > 10) broken.push(`${slowest.toFixed(1)} s to work again`);
    if (emptied > 30) broken.push(`${emptied.toFixed(1)} s to work again after FLUSHALL`);
    return {
      lost: lost + captions.lost,
      doubled: doubled + captions.doubled,
      recovered: survived,
      broken,
      note: `work resumed after ${survived} of ${faults} faults, within ${slowest.toFixed(1)} s, after FLUSHALL within ${emptied.toFixed(1)} s`,
    };
  },
};

/** Vectors do not wait for descriptions. Descriptions wait for the captioner, even when Redis loses them. */
async function runWithoutCaptioner(
  outer: Testbed,
  servers: { databaseUrl: string; redisUrl: string },
  awaySeconds: number,
): Promise<{ lost: number; doubled: number; broken: string[] }> {
  const count = 40;
  const testbed = await openTestbed(outer, servers);
  const keys = await writeDay(testbed, count);
  const captioner = createServer((_, response) => response.end(answer));
  await listen(captioner, 0);
  const { port } = captioner.address() as AddressInfo;
  captioner.close();
  outer.onEnd(() => captioner.close());
  const captionUrl = `http://127.0.0.1:${port}`;
  await startStubWorker(testbed, { name: 'worker', millisecondsPerImage: 1, captionUrl }).ready;
  await startApp(testbed, 'scheduler');
  await requestDay(testbed);
  const report = await dayReport(testbed, 60);
  const broken: string[] = [];
  if (report?.succeeded !== count)
    broken.push(`without a captioner ${report?.succeeded} of ${count} got vectors`);

  await testbed.connection.redis.flushall();
  await wait(awaySeconds * 1_000);
  await listen(captioner, port);
  const began = Date.now();
  let undescribed = count;
  while (undescribed > 0 && Date.now() - began < 60_000) {
    await wait(100);
    const { rows } = await testbed.pool.query(
      `select count(*) as n from image_embedding where made_from = 'identity'`,
    );
    undescribed = rows[0].n;
  }
  const seconds = (Date.now() - began) / 1_000;
  testbed.log(`captioner away: all described ${seconds.toFixed(1)} s after its return`);
  const queue = testbed.queues.of('describe_batch');
  const burned = [...(await queue.getCompleted()), ...(await queue.getFailed())].filter(
    ({ attemptsMade }) => attemptsMade > 1,
  );
  if (burned.length > 0) broken.push(`${burned.length} descriptions lost an attempt`);
  if (seconds > 30) broken.push(`${seconds.toFixed(1)} s until all were described`);
  const { lost, doubled } = await countVectors(testbed.pool, keys);
  return { lost: lost + undescribed, doubled, broken };
}

const answer = JSON.stringify({
  choices: [
    {
      message: {
        role: 'assistant',
        content: JSON.stringify({
          growth_stage_description: 'A dense cluster of caps.',
          chinese_description: '菌盖',
          image_quality_score: 90,
        }),
      },
      finish_reason: 'stop',
    },
  ],
});

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
