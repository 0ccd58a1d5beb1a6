import { setTimeout as wait } from 'node:timers/promises';
import { sendCanaries, waitingCanaries } from '@mycelium/queue';
import type { Testbed } from './scenario.ts';

/** The queues of the scheduler, of both climate workers and of the image workers without a captioner. */
export const servedQueues = ['tables', 'env-stats', 'setpoint', 'clip', 'clip-batch'];

const patience = 60_000;

/**
 * Waits until each queue is served: its canary has been taken, or, where jobs wait, one more has ended.
 * @returns the seconds it took; the queues that are still not served after a minute
 */
export async function untilServed(
  { queues }: Testbed,
  names = servedQueues,
): Promise<{ seconds: number; unserved: string[] }> {
  const began = Date.now();
  const tested = queues.all.filter(({ name }) => names.includes(name));
  const ended = async (name: string) => {
    const { completed = 0, failed = 0 } =
      (await tested.find((queue) => queue.name === name)?.getJobCounts('completed', 'failed')) ?? {};
    return completed + failed;
  };
  const before = new Map<string, number>();
  let unserved = [...names];
  while (unserved.length > 0 && Date.now() - began < patience) {
    try {
      for (const name of unserved) if (!before.has(name)) before.set(name, await ended(name));
      await sendCanaries(queues, new Set(unserved));
      await wait(100);
      const waiting = new Set((await waitingCanaries(queues)).map(({ queue }) => queue));
      const still: string[] = [];
      for (const queue of tested.filter(({ name }) => unserved.includes(name))) {
        const { waiting: jobs = 0, active = 0 } = await queue.getJobCounts('waiting', 'active');
        const isBusy = jobs + active > 0;
        const isServed = isBusy
          ? (await ended(queue.name)) > (before.get(queue.name) ?? 0)
          : !waiting.has(queue.name);
        if (!isServed) still.push(queue.name);
      }
      unserved = still;
    } catch {
      await wait(100); // Redis does not answer yet
    }
  }
  return { seconds: (Date.now() - began) / 1_000, unserved };
}
