import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { enqueueSlot } from '@mycelium/queue';
import type { Scenario, Testbed } from '../harness/scenario.ts';

export const r5: Scenario = {
  id: 'R5',
  title: '3 replicas compete for one job, holders blocked past their lease',
  async run(testbed) {
    const slots = testbed.full ? 300 : 12;
    await testbed.pool.query(
      'create table moments (epoch bigint, slot timestamptz, what text, worker text, at timestamptz)',
    );
    await Promise.all(['one', 'two', 'three'].map((name) => startContender(testbed, name)));
    const first = Date.parse('2026-01-01T00:05:00Z');
    for (let n = 0; n < slots; n++) {
      await enqueueSlot(
        testbed.queues,
        'hourly_setpoint_monitoring',
        new Date(first + n * 3_600_000),
        'manual',
        {},
      );
    }
    const began = Date.now();
    const maxMilliseconds = testbed.full ? 1_200_000 : 120_000;
    let ended = await countEnded(testbed);
    while (ended.done + ended.dead < slots && Date.now() - began < maxMilliseconds) {
      await wait(250);
      ended = await countEnded(testbed);
    }
    const { overlaps, takeovers, without } = await readTimeline(testbed);
    const broken: string[] = [];
    if (overlaps > 0) broken.push(`${overlaps} times two at once`);
    if (takeovers === 0) broken.push('no holder was taken over');
    if (without > 0) broken.push(`${without} runs succeeded without having written`);
    return {
      lost: slots - ended.done - ended.dead + without,
      doubled: overlaps,
      recovered: takeovers,
      broken,
      note: `${ended.done + ended.dead} of ${slots} slots ended; ${overlaps} times two at once by PostgreSQL's clock; ${takeovers} takeovers; ${ended.dead} dead-lettered after blocking too often`,
    };
  },
};

/** Resolves when it takes jobs. */
async function startContender(testbed: Testbed, name: string): Promise<void> {
  const { databaseUrl, redisUrl, prefix } = testbed;
  const script = new URL('contender.ts', import.meta.url).pathname;
  const seed = Math.floor(testbed.random() * 2 ** 31);
  const argument = JSON.stringify({
    ...{ name, databaseUrl, redisUrl, prefix, seed },
    blockMilliseconds: 2_500,
  });
  const child = spawn(process.execPath, [script, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  let refused: number | undefined; // until it is ready, it reports nothing
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { message, refusedWrites } = JSON.parse(line) as { message: string; refusedWrites?: number };
      refused = refusedWrites ?? refused ?? (message === 'ready' ? 0 : undefined);
      if (message === 'ready') resolve();
    });
  });
  testbed.refusedWrites.watch(async () => refused);
  const ended = once(child, 'exit');
  testbed.onEnd(() => {
    child.kill('SIGKILL');
    return ended;
  });
  await ready;
}

/**
 * The slots whose run succeeded, and the other ones whose job was dead-lettered. Redis does that to a job that stalled
 * too often; its run ends only when a scheduler sees it, and none runs here.
 */
async function countEnded({ pool, queues }: Testbed): Promise<{ done: number; dead: number }> {
  const dead = await queues.of('hourly_setpoint_monitoring').getJobs(['failed']);
  // A request is `{id of the job}#{timestamp}`.
  const { rows } = await pool.query<{ id: string }>(
    `select split_part(request, '#', 1) as id from runs where status = 'succeeded'`,
  );
  const done = new Set(rows.map(({ id }) => id));
  return { done: done.size, dead: dead.filter(({ id = '' }) => !done.has(id)).length };
}

/** All writes of an epoch must come before the first write of the next epoch, whatever its slot. */
async function readTimeline({ pool }: Testbed) {
  const { rows } = await pool.query<{ overlaps: number; takeovers: number; without: number }>(
    `with held as (select epoch, min(at) as begins, max(at) as ends from moments group by epoch),
          tries as (select slot, count(distinct epoch) as epochs from moments group by slot)
     select (select count(*) from held a join held b on b.epoch > a.epoch and b.begins < a.ends) as overlaps,
            (select coalesce(sum(epochs - 1), 0)::int from tries) as takeovers,
            (select count(*) from runs where status = 'succeeded' and not exists (
               select from moments where moments.slot = runs.slot and what = 'end')) as without`,
  );
  return rows[0] as { overlaps: number; takeovers: number; without: number };
}
