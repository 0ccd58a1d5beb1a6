import { setTimeout as wait } from 'node:timers/promises';
import { startApp } from '../harness/app-process.ts';
import { countVectors, dayReport, requestDay, writeDay } from '../harness/images.ts';
import { startOwnServers } from '../harness/own-servers.ts';
import type { Scenario } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';
import { openTestbed } from '../harness/testbed.ts';

export const r9: Scenario = {
  id: 'R9',
  title: 'SIGTERM in any state',
  quiet: true,
  async run(outer) {
    // The drain itself ends in time; leaving takes longer on a machine that runs the other tests beside it.
    const [drainSeconds, leaseSeconds, limitSeconds] = outer.full ? [9, 5, 10] : [4, 2, 6];
    const servers = await startOwnServers(await outer.home(), await outer.home());
    outer.onEnd(() => servers.stop());
    const testbed = await openTestbed(outer, servers);
    const keys = await writeDay(testbed, 400);
    const broken: string[] = [];
    const times: string[] = [];

    await stopIn('idle', async (stop) => stop());
    await requestDay(testbed);
    await stopIn('busy', async (stop) => stop());
    await stopIn('busy, Redis frozen', async (stop) => frozen(await servers.redisPid(), stop));
    await stopIn('busy, Redis gone', async (stop) => {
      process.kill(await servers.redisPid(), 'SIGKILL');
      await stop();
      await servers.restartRedis();
    });
    await stopIn('busy, PostgreSQL frozen', async (stop) => frozen(await servers.postgresPid(), stop));

    // Other workers finish the work that was interrupted five times.
    await startApp(testbed, 'scheduler');
    startStubWorker(testbed, { name: 'finisher', millisecondsPerImage: 1, leaseSeconds });
    const report = await dayReport(testbed, 90);
    if (report?.succeeded !== keys.length)
      broken.push(`the report says ${report?.succeeded} of ${keys.length}`);
    return {
      ...(await countVectors(testbed.pool, keys)),
      recovered: report ? times.length : 0,
      broken,
      note: times.join('; '),
    };

    async function stopIn(state: string, act: (stop: () => Promise<void>) => Promise<unknown>) {
      const name = `worker-${times.length + 1}`;
      const { child, ready, ended } = startStubWorker(testbed, {
        ...{ name, millisecondsPerImage: 50, leaseSeconds, drainSeconds },
      });
      await ready;
      if (state.startsWith('busy') && !(await takesBatch(name))) broken.push(`${state}: it took no batch`);
      await act(async () => {
        if (child.exitCode !== null) broken.push(`${state}: it had ended before`);
        const began = Date.now();
        child.kill('SIGTERM');
        await Promise.race([ended, wait(15_000)]);
        const seconds = (Date.now() - began) / 1_000;
        times.push(`${state} ${seconds.toFixed(1)} s`);
        if (child.exitCode === null || seconds > limitSeconds)
          broken.push(`${state}: ${child.signalCode ?? ''} ${seconds.toFixed(1)} s`);
      });
    }

    async function takesBatch(holder: string): Promise<boolean> {
      for (let tries = 0; tries < 200; tries++) {
        const { rowCount } = await testbed.pool.query(
          `select from lease where holder = $1 and name like 'embed_batch/%'`,
          [holder],
        );
        if (rowCount) return true;
        await wait(50);
      }
      return false;
    }
  },
};

async function frozen(pid: number, during: () => Promise<unknown>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await during();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
