import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import { startOwnServers } from './own-servers.ts';
import type { Scenario } from './scenario.ts';
import { openStage } from './stage.ts';
import { startCrew } from './worker-process.ts';

const scheduler = new URL('../../apps/scheduler/src/main.ts', import.meta.url).pathname;

export const r7: Scenario = {
  id: 'R7',
  title: 'Redis killed, emptied, PostgreSQL restarted, object store away, all under load',
  async run(outer) {
    const [kills, restarts, awaySeconds, count] = outer.full ? [10, 5, 60, 4_000] : [2, 1, 5, 900];
    const servers = await startOwnServers(await outer.home(), await outer.home());
    outer.onEnd(() => servers.stop());
    const stage = await openStage(outer, servers);
    await writeDay(stage, count);
    const child = spawn(process.execPath, [scheduler], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: '',
        TZ: 'UTC',
        REDIS_URL: stage.redisUrl,
        REDIS_PREFIX: stage.prefix,
        DATABASE_URL: stage.databaseUrl,
        MYCELIUM_HOME: stage.folder,
        LOG_FORMAT: 'json',
      },
    });
    const ended = once(child, 'exit');
    outer.onEnd(() => {
      child.kill('SIGKILL');
      return ended;
    });
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
    const broken: string[] = [];
    if (!report) broken.push('no report in time');
    if (dead > 0) broken.push(`${dead} batches set aside`);
    if (burned.length > 0) broken.push(`${burned.length} batches lost an attempt`);
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
