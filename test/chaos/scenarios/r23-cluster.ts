import { setTimeout as wait } from 'node:timers/promises';
import { startRedisCluster } from '../../redis-servers.ts';
import { startApp } from '../harness/app-process.ts';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario } from '../harness/scenario.ts';
import { untilServed } from '../harness/served.ts';
import { startStubWorker } from '../harness/stub-worker.ts';
import { openTestbed } from '../harness/testbed.ts';

const servedWithin = 30;

export const r23: Scenario = {
  id: 'R23',
  title:
    'a Redis Cluster of three primaries with a replica each: the one with the queues frozen, then its successor killed',
  quiet: true,
  async run(outer) {
    const [count, freeze] = outer.full ? [6_000, 45] : [300, 6];
    const { url, nodes } = await startRedisCluster({ after: outer.onEnd }, 1);
    const testbed = await openTestbed(outer, { databaseUrl: outer.databaseUrl, redisUrl: url });
    const slot = await (nodes[0]?.client.cluster('KEYSLOT', testbed.prefix) as Promise<number>);
    /** Who has the queues now, by the word of its replica or of itself. */
    const holder = async () => {
      for (const node of nodes) {
        const table = await node.client.cluster('SLOTS').catch(() => []);
        const range = (table as [number, number, [string, number]][]).find(
          ([from, to]) => from <= slot && slot <= to,
        );
        const found = nodes.find(({ port }) => port === range?.[2][1]);
        if (found === node) return node;
      }
      throw new Error('nobody has the slot of the queues');
    };
    const pidOf = async ({ client }: (typeof nodes)[number]) =>
      Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);

    const keys = await writeDay(testbed, count);
    await startApp(testbed, 'scheduler');
    await startApp(testbed, 'worker-env-stats');
    await startApp(testbed, 'worker-setpoint');
    const workers = [1, 2].map((n) =>
      startStubWorker(testbed, { name: `worker-${n}`, millisecondsPerImage: 30, leaseSeconds: 5 }),
    );
    await Promise.all(workers.map(({ ready }) => ready));
    await requestDay(testbed);
    await wait(outer.full ? 8_000 : 2_000);

    const broken: string[] = [];
    const times: string[] = [];
    let recovered = 0;
    const first = await holder();
    const pids = new Map(await Promise.all(nodes.map(async (node) => [node, await pidOf(node)] as const)));
    const serve = async (what: string) => {
      const { seconds, unserved } = await untilServed(testbed);
      testbed.log(`${what}: every queue served after ${seconds.toFixed(1)} s`);
      times.push(`${what} ${seconds.toFixed(1)} s`);
      if (unserved.length > 0) broken.push(`after ${what}: nobody serves ${unserved.join(', ')}`);
      else if (seconds > servedWithin)
        broken.push(`after ${what}: served only after ${seconds.toFixed(1)} s`);
      else recovered++;
    };
    process.kill(pids.get(first) as number, 'SIGSTOP');
    const thawed = wait(freeze * 1_000).then(() => process.kill(pids.get(first) as number, 'SIGCONT'));
    await serve('one frozen');
    await thawed;
    while (!/role:slave[\s\S]*master_link_status:up/.test(await first.client.info('replication')))
      await wait(100);
    const second = await holder();
    if (second === first) broken.push('no replica took over');
    process.kill(pids.get(second) as number, 'SIGKILL');
    await serve('its successor killed');
    if ((await holder()) !== first) broken.push('the first did not take over again');

    const report = await dayReport(testbed, outer.full ? 400 : 120);
    if (!report) broken.push('no report in time');
    const dead = await deadLettered(testbed);
    if (dead.length > 0) broken.push(`${dead.length} images dead-lettered`);
    return {
      ...(await countVectors(testbed.pool, keys)),
      ...{ recovered, broken },
      note: `${report?.succeeded ?? 0} of ${count} images; until each of five queues was served again, without a restart: ${times.join(', ')}`,
    };
  },
};
