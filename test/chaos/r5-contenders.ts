import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { enqueueSlot } from '@mycelium/queue';
import type { Scenario } from './scenario.ts';

const script = new URL('contender.ts', import.meta.url).pathname;

export const r5: Scenario = {
  id: 'R5',
  title: '3 replicas fight over one job, holders blocked past their lease',
  async run(stage) {
    const slots = stage.full ? 300 : 12;
    await stage.pool.query(
      'create table timeline (epoch bigint, slot timestamptz, what text, worker text, at timestamptz)',
    );
    let refused = 0;
    for (const name of ['one', 'two', 'three']) {
      const { databaseUrl, redisUrl, prefix } = stage;
      const seed = Math.floor(stage.random() * 2 ** 31);
      const argument = JSON.stringify({
        name,
        databaseUrl,
        redisUrl,
        prefix,
        seed,
        blockMilliseconds: 2_500,
      });
      const child = spawn(process.execPath, [script, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('a write was refused')) refused++;
      });
      const ended = once(child, 'exit');
      stage.onEnd(() => {
        child.kill('SIGKILL');
        return ended;
      });
    }
    const first = Date.parse('2026-01-01T00:05:00Z');
    for (let n = 0; n < slots; n++) {
      await enqueueSlot(
        stage.queues,
        'hourly_setpoint_monitoring',
        new Date(first + n * 3_600_000),
        'manual',
        {},
      );
    }
    const began = Date.now();
    let [done, dead] = [0, 0];
    while (done + dead < slots && Date.now() - began < (stage.full ? 1_200_000 : 120_000)) {
      await wait(250);
      done = await countRuns(`status = 'succeeded'`);
      dead = await countRuns(`status = 'failed'`);
    }
    // Each epoch's writes must lie wholly before the first write of the next one that began.
    const { rows } = await stage.pool.query<{ overlaps: number }>(
      `with held as (select epoch, min(at) as begins, max(at) as ends from timeline group by epoch)
       select count(*) as overlaps from held a join held b on b.epoch > a.epoch and b.begins < a.ends`,
    );
    const overlaps = rows[0]?.overlaps ?? 0;
    const broken: string[] = [];
    if (overlaps > 0) broken.push(`${overlaps} times two at once`);
    return {
      lost: slots - done - dead,
      doubled: overlaps,
      refused,
      recovered: refused,
      broken,
      note: `${slots} slots, never two at once by PostgreSQL's clock; ${dead} set aside after blocking too often`,
    };

    async function countRuns(condition: string): Promise<number> {
      const { rows } = await stage.pool.query(`select count(*) as n from runs where ${condition}`);
      return rows[0].n;
    }
  },
};
