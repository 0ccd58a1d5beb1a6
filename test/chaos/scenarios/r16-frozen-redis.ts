import { setTimeout as wait } from 'node:timers/promises';
import { startApp } from '../harness/app-process.ts';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import { startOwnServers } from '../harness/own-servers.ts';
import type { Scenario } from '../harness/scenario.ts';
import { untilServed } from '../harness/served.ts';
import { startStubWorker } from '../harness/stub-worker.ts';
import { openTestbed } from '../harness/testbed.ts';

const servedWithin = 30;

export const r16: Scenario = {
  id: 'R16',
  title:
    'Redis frozen without closing a connection, stopped and started, and two of three workers taken away in mid-run',
  quiet: true,
  async run(outer) {
    const [freezes, count] = outer.full ? [[20, 45, 120], 6_000] : [[2], 400];
    const servers = await startOwnServers(await outer.home(), await outer.home());
    outer.onEnd(() => servers.stop());
    const testbed = await openTestbed(outer, servers);
    const keys = await writeDay(testbed, count);
    const apps = [
      await startApp(testbed, 'scheduler'),
      await startApp(testbed, 'worker-env-stats'),
      await startApp(testbed, 'worker-setpoint'),
    ];
    const workers = [1, 2, 3].map((n) =>
      startStubWorker(testbed, { name: `worker-${n}`, millisecondsPerImage: 30 }),
    );
    await Promise.all(workers.map(({ ready }) => ready));
    await requestDay(testbed);
    await wait(1_000);

    const broken: string[] = [];
    const times: string[] = [];
    let recovered = 0;
    const faults: [what: string, fault: () => Promise<unknown>][] = [
      ...freezes.map((seconds): [string, () => Promise<unknown>] => [
        `frozen ${seconds} s`,
        async () => {
          const pid = await servers.redisPid();
          process.kill(pid, 'SIGSTOP');
          await wait(seconds * 1_000);
          process.kill(pid, 'SIGCONT');
        },
      ]),
      ['stopped and started', () => servers.restartRedis()],
      [
        'three workers to one',
        async () => {
          for (const { child } of workers.slice(1)) child.kill('SIGTERM');
          await Promise.all(workers.slice(1).map(({ ended }) => ended));
        },
      ],
    ];
    for (const [what, fault] of faults) {
      await fault();
      const { seconds, unserved } = await untilServed(testbed);
      testbed.log(`${what}: every queue served after ${seconds.toFixed(1)} s`);
      times.push(`${what} ${seconds.toFixed(1)} s`);
      if (unserved.length > 0) broken.push(`after ${what}: nobody serves ${unserved.join(', ')}`);
      else if (seconds > servedWithin)
        broken.push(`after ${what}: served only after ${seconds.toFixed(1)} s`);
      else recovered++;
    }
    const report = await dayReport(testbed, outer.full ? 400 : 120);
    if (!report) broken.push('no report in time');
    const dead = await deadLettered(testbed);
    if (dead.length > 0) broken.push(`${dead.length} images dead-lettered`);
    if (apps.some(({ child }) => child.exitCode !== null)) broken.push('a process ended');
    return {
      ...(await countVectors(testbed.pool, keys)),
      ...{ recovered, broken },
      note: `${report?.succeeded ?? 0} of ${count} images; until each of five queues was served again, without a restart: ${times.join(', ')}`,
    };
  },
};
