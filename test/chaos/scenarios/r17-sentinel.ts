import { setTimeout as wait } from 'node:timers/promises';
import { startSentinels } from '../../redis-servers.ts';
import { startApp } from '../harness/app-process.ts';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import type { Outcome, Scenario, Testbed } from '../harness/scenario.ts';
import { untilServed } from '../harness/served.ts';
import { startStubWorker } from '../harness/stub-worker.ts';
import { openTestbed } from '../harness/testbed.ts';

const servedWithin = 30;

export const r17: Scenario = {
  id: 'R17',
  title: 'the primary Redis killed in mid-run, or frozen for good, and its replica chosen by three Sentinels',
  quiet: true,
  async run(outer) {
    const outcomes: Outcome[] = [];
    for (const signal of outer.full ? (['SIGKILL', 'SIGSTOP'] as const) : (['SIGSTOP'] as const))
      outcomes.push(await loseThePrimary(outer, signal));
    const sum = (field: 'lost' | 'doubled' | 'recovered') =>
      outcomes.reduce((total, outcome) => total + (outcome[field] ?? 0), 0);
    return {
      ...{ lost: sum('lost'), doubled: sum('doubled'), recovered: sum('recovered') },
      broken: outcomes.flatMap(({ broken }) => broken),
      note: outcomes.map(({ note }) => note).join('; '),
    };
  },
};

async function loseThePrimary(outer: Testbed, signal: 'SIGKILL' | 'SIGSTOP'): Promise<Outcome> {
  const count = outer.full ? 4_000 : 300;
  const { url: redisUrl, primary, replica } = await startSentinels({ after: outer.onEnd });
  const testbed = await openTestbed(outer, { databaseUrl: outer.databaseUrl, redisUrl });
  while ((await primary.client.wait(1, 1_000)) === 0) await wait(50);

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

  const what = signal === 'SIGKILL' ? 'killed' : 'frozen';
  const broken: string[] = [];
  const info = await primary.client.info('server');
  const pid = Number(/process_id:(\d+)/.exec(info)?.[1]);
  process.kill(pid, signal);
  if (signal === 'SIGSTOP') outer.onEnd(() => process.kill(pid, 'SIGCONT')); // so that it can be stopped
  const { seconds, unserved } = await untilServed(testbed);
  if (unserved.length > 0) broken.push(`${what}: nobody serves ${unserved.join(', ')}`);
  if (seconds > servedWithin) broken.push(`${what}: served only after ${seconds.toFixed(1)} s`);
  if (!/role:master/.test(await replica.client.info('replication')))
    broken.push(`${what}: the replica was not chosen`);
  const report = await dayReport(testbed, outer.full ? 300 : 120);
  if (!report) broken.push(`${what}: no report in time`);
  const dead = await deadLettered(testbed);
  if (dead.length > 0) broken.push(`${what}: ${dead.length} images dead-lettered`);
  return {
    ...(await countVectors(testbed.pool, keys)),
    ...{ recovered: broken.length === 0 ? 1 : 0, broken },
    note: `${what}: ${report?.succeeded ?? 0} of ${count} images; each of five queues served again after ${seconds.toFixed(1)} s, without a restart`,
  };
}
