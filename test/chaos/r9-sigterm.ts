import { setTimeout as wait } from 'node:timers/promises';
import { askForDay, writeDay } from './images.ts';
import { startOwnServers } from './own-servers.ts';
import type { Scenario, Stage } from './scenario.ts';
import { openStage } from './stage.ts';
import { startStubWorker } from './worker-process.ts';

export const r9: Scenario = {
  id: 'R9',
  title: 'SIGTERM in any state',
  quiet: true,
  async run(outer) {
    const drainSeconds = outer.full ? 10 : 4;
    const servers = await startOwnServers(await outer.home(), await outer.home());
    outer.onEnd(() => servers.stop());
    const stage = await openStage(outer, servers);
    await writeDay(stage, 400);
    const broken: string[] = [];
    const times: string[] = [];

    const freeze = async (pid: number, doing: () => Promise<unknown>) => {
      process.kill(pid, 'SIGSTOP');
      try {
        await doing();
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    };
    await end('idle', stage, async (stop) => stop());
    await askForDay(stage);
    await end('busy', stage, async (stop) => {
      await wait(500);
      await stop();
    });
    await end('busy, Redis frozen', stage, async (stop) => {
      await wait(500);
      await freeze(await servers.redisPid(), stop);
    });
    await end('busy, Redis gone', stage, async (stop) => {
      await wait(500);
      process.kill(await servers.redisPid(), 'SIGKILL');
      await stop();
      await servers.restartRedis();
    });
    await end('busy, PostgreSQL frozen', stage, async (stop) => {
      await wait(500);
      await freeze(await servers.postgresPid(), stop);
    });
    return { lost: 0, doubled: 0, refused: 0, recovered: times.length, broken, note: times.join('; ') };

    async function end(state: string, on: Stage, act: (stop: () => Promise<void>) => Promise<unknown>) {
      const worker = startStubWorker(on, {
        name: 'worker',
        millisecondsPerImage: 50,
        leaseSeconds: 5,
        drainSeconds,
      });
      await worker.ready;
      await act(async () => {
        const began = Date.now();
        worker.child.kill('SIGTERM');
        await Promise.race([worker.ended, wait(15_000)]);
        const seconds = (Date.now() - began) / 1_000;
        times.push(`${state} ${seconds.toFixed(1)} s`);
        if (worker.child.exitCode === null || seconds > drainSeconds)
          broken.push(`${state}: ${seconds.toFixed(1)} s`);
      });
    }
  },
};
