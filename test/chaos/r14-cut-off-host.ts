import { setTimeout as wait } from 'node:timers/promises';
import { openHost, whyNoHosts } from './hosts.ts';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startStubWorker } from './worker-process.ts';

const delay = 5;

export const r14: Scenario = {
  id: 'R14',
  title: 'workers on hosts with addresses of their own, far away; one is cut off in mid-batch and comes back',
  async run(stage) {
    const missing = await whyNoHosts();
    if (missing) {
      const note = `NOT RUN: ${missing}`;
      return { lost: 0, doubled: 0, refused: 0, recovered: 0, broken: stage.full ? [note] : [], note };
    }
    const [count, cutSeconds, leaseSeconds] = stage.full ? [2_000, 12, 5] : [300, 5, 2];
    await writeDay(stage, count);
    const hosts = await Promise.all([1, 2, 3].map((n) => openHost(stage, n, delay)));
    let refused = 0;
    const workers = hosts.map(({ via, databaseUrl, redisUrl }, n) =>
      startStubWorker(
        stage,
        { name: `host-${n + 1}`, millisecondsPerImage: 50, leaseSeconds, via, databaseUrl, redisUrl },
        (message) => {
          if (message.startsWith('a write was refused')) refused++;
        },
      ),
    );
    await Promise.all(workers.map(({ ready }) => ready));
    await askForDay(stage);
    const done = async () =>
      Number((await stage.pool.query('select count(*) as n from image_embedding')).rows[0]?.n);
    while ((await done()) < count / 10) await wait(50);

    const cut = hosts[Math.floor(stage.random() * hosts.length)] as (typeof hosts)[number];
    await wait(stage.random() * 1_000);
    await cut.cutOff();
    stage.say('a host is cut off');
    await wait(cutSeconds * 1_000); // its lease is over, and its batch is another's
    await cut.join();
    const report = await dayReport(stage, stage.full ? 300 : 120);
    const { lost, doubled, dead } = await tally(stage, count);
    const broken: string[] = [];
    if (dead.length > 0) broken.push(`${dead.length} images set aside`);
    if (report?.succeeded !== count) broken.push(`the report says ${report?.succeeded} of ${count}`);
    const note = `${count} images on three hosts, ${delay} ms each way, one cut off for ${cutSeconds} s`;
    return { lost, doubled, refused, recovered: 1, broken, note };
  },
};
