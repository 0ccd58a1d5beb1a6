import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '@mycelium/config';
import { createPool, findRun, type Pool } from '@mycelium/database';
import { createCluster } from '@mycelium/embedded/testing';
import { enqueueSlot } from '@mycelium/queue';
import { findPgBackRest } from '../../tools/pgbackrest.ts';
import { startApp } from '../harness/app-process.ts';
import { countStatistics, writeReadings } from '../harness/readings.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';
import { openTestbed } from '../harness/testbed.ts';

const deployed = new URL('../../../deploy/postgres/pgbackrest.conf', import.meta.url);

export const r21: Scenario = {
  id: 'R21',
  title: 'a database restored to a chosen second by pgBackRest, and the jobs continue',
  async run(outer) {
    const { MYCELIUM_HOME: home } = readConfig();
    const pgbackrest = await findPgBackRest(home);
    const t = { after: outer.onEnd } as Parameters<typeof createCluster>[0];
    const cluster = await createCluster(t, home, ({ folder }) => [
      `archive_mode = on`,
      `archive_command = '${pgbackrest} --config=${folder}/pgbackrest.conf --stanza=farm archive-push %p'`,
    ]);
    const repository = await cluster.folderOf(join(cluster.folder, 'repository'));
    const locks = await cluster.folderOf(join(cluster.folder, 'locks'));
    // The file of the deployment, with the paths of this cluster.
    const conf = (await readFile(deployed, 'utf8'))
      .replace('/var/lib/pgbackrest', repository)
      .replace('/var/lib/postgresql/data', cluster.data)
      .replace('/var/run/postgresql', cluster.socket)
      .replace('[global]', `[global]\nlock-path=${locks}\nspool-path=${locks}`)
      .concat(`pg1-port=${cluster.port}\n`);
    await writeFile(join(cluster.folder, 'pgbackrest.conf'), conf);
    const backRest = (...args: string[]) =>
      cluster.run(pgbackrest, [`--config=${cluster.folder}/pgbackrest.conf`, '--stanza=farm', ...args]);

    const stop = await cluster.start();
    const testbed = await openTestbed(outer, { databaseUrl: cluster.url, redisUrl: outer.redisUrl });
    const scheduler = await startApp(testbed, 'scheduler');
    await startApp(testbed, 'worker-env-stats');
    const broken: string[] = [];
    await writeReadings(testbed, ['2026-01-01']);
    await runDay(testbed, '2026-01-02');
    await backRest('stanza-create');
    await backRest('--type=full', 'backup');
    await writeReadings(testbed, ['2026-01-02']);
    await runDay(testbed, '2026-01-03');
    await until(async () => (await testbed.pool.query('select from timeline')).rowCount === 1, 60);

    await wait(1_100);
    const { rows } = await testbed.pool.query<{ now: Date }>('select clock_timestamp() as now');
    const chosen = rows[0]?.now as Date;
    await wait(1_100);
    // The mistake.
    await testbed.pool.query('delete from reading');
    await testbed.pool.query('delete from env_daily_stats');
    await testbed.pool.query('select pg_switch_wal()');
    await wait(500);
    await stop();
    const began = Date.now();
    const target = chosen.toISOString().replace('T', ' ').replace('Z', '+00');
    await backRest('--type=time', `--target=${target}`, '--target-action=promote', 'restore');
    await cluster.start();
    const seconds = (Date.now() - began) / 1_000;
    testbed.log(`restored to ${target} in ${seconds.toFixed(1)} s`);

    const later = createPool(testbed.databaseUrl, { name: 'chaos', max: 2 });
    outer.onEnd(() => later.end());
    const restored: Testbed = { ...testbed, pool: later };
    const kept = await countStatistics(later, ['2026-01-01', '2026-01-02']);
    if (kept.lost > 0) broken.push(`${kept.lost} statistics of before the chosen second are missing`);
    await writeReadings(restored, ['2026-01-03']);
    await runDay(restored, '2026-01-04');
    const { lost, doubled } = await countStatistics(later, ['2026-01-01', '2026-01-02', '2026-01-03']);
    const isNamed = () => hasAlert(later);
    await until(isNamed, 60);
    if (!(await isNamed())) broken.push('no alert names the time that is missing');
    if (scheduler.child.exitCode !== null) broken.push('the scheduler ended');
    return {
      ...{ lost, doubled, recovered: broken.length === 0 ? 1 : 0, broken },
      note: `restored to the second before everything was deleted, in ${seconds.toFixed(1)} s; statistics of both days are there, the next day was computed, and an alert names the time after the chosen second`,
    };
  },
};

/** Runs the statistics of the day before, and waits for them. */
async function runDay({ queues, pool }: Testbed, day: string): Promise<void> {
  const slot = new Date(`${day}T01:03:20Z`);
  await enqueueSlot(queues, 'daily_env_stats', slot, 'backfill', {});
  await until(async () => (await findRun(pool, 'daily_env_stats', slot))?.status === 'succeeded', 90);
}

async function hasAlert(pool: Pool): Promise<boolean> {
  return Boolean((await pool.query(`select from alert where kind = 'takeover'`)).rowCount);
}

async function until(holds: () => Promise<boolean>, seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 5; n++) {
    if (await holds().catch(() => false)) return;
    await wait(200);
  }
}
