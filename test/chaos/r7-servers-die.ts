import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { startApp } from './app-process.ts';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import { startOwnServers } from './own-servers.ts';
import type { Scenario, Stage } from './scenario.ts';
import { openStage } from './stage.ts';
import { startCrew, startStubWorker } from './worker-process.ts';

export const r7: Scenario = {
  id: 'R7',
  title: 'Redis killed and emptied, PostgreSQL restarted, object store and captioner away, under load',
  quiet: true,
  async run(outer) {
    const [kills, restarts, awaySeconds, count] = outer.full ? [10, 5, 60, 4_000] : [1, 1, 3, 500];
    const servers = await startOwnServers(await outer.home(), await outer.home());
    outer.onEnd(() => servers.stop());
    const stage = await openStage(outer, servers);
    await writeDay(stage, count);
    const scheduler = startApp(stage, 'scheduler');
    const crew = startCrew(stage, 2, { millisecondsPerImage: 30, leaseSeconds: 5 });
    await crew.ready();
    await askForDay(stage);

    let faults = 0;
    let slowest = 0;
    const progress = async () =>
      (await stage.pool.query('select count(*) as n from image_embedding')).rows[0].n as number;
    async function disturb(what: string, fault: () => Promise<unknown>) {
      await wait(1_000);
      await fault();
      faults++;
      const began = Date.now();
      const before = await progress().catch(() => 0);
      while (Date.now() - began < 60_000) {
        const now = await progress().catch(() => before);
        if (now > before || now >= count) break;
        await wait(100);
      }
      const seconds = (Date.now() - began) / 1_000;
      slowest = Math.max(slowest, seconds);
      stage.say(`${what}: working again after ${seconds.toFixed(1)} s`);
    }
    for (let n = 0; n < kills; n++) await disturb('Redis killed', () => servers.killRedis());
    for (let n = 0; n < restarts; n++) await disturb('PostgreSQL restarted', () => servers.restartPostgres());
    await disturb('object store away', async () => {
      await rename(`${stage.folder}/images`, `${stage.folder}/away`);
      await wait(awaySeconds * 1_000);
      await rename(`${stage.folder}/away`, `${stage.folder}/images`);
    });
    const slowestRestart = slowest;
    await disturb('Redis emptied', () => stage.connection.redis.flushall());

    const report = await dayReport(stage, 300);
    const { lost, doubled, dead } = await tally(stage, count);
    const burned = (await stage.queues.of('embed_batch').getCompleted()).filter(
      ({ attemptsMade }) => attemptsMade > 1,
    );
    const captions = await playWithoutCaptioner(outer, servers, awaySeconds);
    const broken: string[] = [];
    if (captions) broken.push(captions);
    if (!report) broken.push('no report in time');
    if (dead.length > 0) broken.push(`${dead.length} images set aside`);
    if (burned.length > 0) broken.push(`${burned.length} batches lost an attempt`);
    // A server that dies is waited for; nobody dies with it.
    if (crew.deaths() > 0) broken.push(`${crew.deaths()} workers died`);
    const { exitCode, signalCode } = scheduler.child;
    if (exitCode !== null || signalCode) broken.push(`the scheduler ended with ${exitCode ?? signalCode}`);
    if (slowestRestart > 10) broken.push(`${slowestRestart.toFixed(1)} s to work again`);
    if (slowest > 30) broken.push(`${slowest.toFixed(1)} s to work again after FLUSHALL`);
    return {
      lost,
      doubled,
      refused: 0,
      recovered: faults,
      broken,
      note: `${faults} faults; working again within ${slowestRestart.toFixed(1)} s, after FLUSHALL within ${slowest.toFixed(1)} s`,
    };
  },
};

/**
 * Vectors do not wait for descriptions; descriptions wait for the captioner, also when Redis is emptied of them.
 * @returns what does not hold
 */
async function playWithoutCaptioner(
  outer: Stage,
  servers: { databaseUrl: string; redisUrl: string },
  awaySeconds: number,
): Promise<string | undefined> {
  const count = 40;
  const stage = await openStage(outer, servers);
  await writeDay(stage, count);
  const captioner = createServer((_, response) => response.end(answer));
  await listen(captioner, 0);
  const { port } = captioner.address() as AddressInfo;
  captioner.close();
  outer.onEnd(() => captioner.close());
  const captionUrl = `http://127.0.0.1:${port}`;
  await startStubWorker(stage, { name: 'worker', millisecondsPerImage: 1, captionUrl }).ready;
  startApp(stage, 'scheduler');
  await askForDay(stage);
  const report = await dayReport(stage, 60);
  if (report?.succeeded !== count) return `without a captioner ${report?.succeeded} of ${count} got vectors`;

  await stage.connection.redis.flushall();
  await wait(awaySeconds * 1_000);
  await listen(captioner, port);
  const began = Date.now();
  let left = count;
  while (left > 0 && Date.now() - began < 60_000) {
    await wait(100);
    const { rows } = await stage.pool.query(
      `select count(*) as left from image_embedding where made_from = 'identity'`,
    );
    left = rows[0].left;
  }
  const seconds = (Date.now() - began) / 1_000;
  stage.say(`captioner away: all described ${seconds.toFixed(1)} s after its return`);
  const queue = stage.queues.of('describe_batch');
  const burned = [...(await queue.getCompleted()), ...(await queue.getFailed())].filter(
    ({ attemptsMade }) => attemptsMade > 1,
  );
  if (left > 0) return `${left} of ${count} were never described`;
  if (burned.length > 0) return `${burned.length} descriptions lost an attempt`;
  return seconds > 30 ? `${seconds.toFixed(1)} s until all were described` : undefined;
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
