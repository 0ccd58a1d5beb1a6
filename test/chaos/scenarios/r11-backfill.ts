import { execFile } from 'node:child_process';
import { isDeepStrictEqual, promisify } from 'node:util';
import { daysBetween } from '@mycelium/farm';
import { appEnvironment, startApp } from '../harness/app-process.ts';
import { countStatistics, statistics, statisticsADay, writeReadings } from '../harness/readings.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';

const script = new URL('../../../apps/cli/src/main.ts', import.meta.url).pathname;
const days = daysBetween('2026-01-01', '2026-01-30');

interface Answer {
  plan: { day: string; slot: string; reason: string }[];
  runs: { slot: string; status: string }[];
}

export const r11: Scenario = {
  id: 'R11',
  title: 'backfill of 30 days twice, with a dry run before and late readings after',
  async run(testbed) {
    await writeReadings(testbed, days);
    await startApp(testbed, 'worker-env-stats');
    const broken: string[] = [];
    const check = (holds: boolean, what: string) => holds || broken.push(what);
    const slots = (answer: Answer) => answer.plan.map(({ slot }) => slot);

    const dry = await backfill(testbed, '--dry-run');
    check(
      isDeepStrictEqual(
        dry.plan.map(({ day }) => day),
        days,
      ),
      'the dry run does not name the 30 days',
    );
    check(dry.runs.length + (await statistics(testbed)).length === 0, 'the dry run ran something');

    const wet = await backfill(testbed);
    check(isDeepStrictEqual(wet.plan, dry.plan), 'the plan is not that of the dry run');
    check(
      isDeepStrictEqual(
        wet.runs.map(({ slot, status }) => `${slot} ${status}`),
        slots(dry).map((slot) => `${slot} succeeded`),
      ),
      'the runs are not those of the plan',
    );
    const first = await written(testbed);

    const second = await backfill(testbed);
    check(second.plan.length + second.runs.length === 0, 'the second time there was something to do');
    check(isDeepStrictEqual(await written(testbed), first), 'the second time wrote something');

    const lateDay = days[Math.floor(testbed.random() * days.length)] as string;
    await writeReadings(testbed, [lateDay], 5);
    const late = await backfill(testbed);
    check(
      isDeepStrictEqual(
        late.plan.map(({ day, reason }) => `${day} ${reason}`),
        [`${lateDay} stale`],
      ),
      `after late readings of ${lateDay} the plan was ${JSON.stringify(late.plan)}`,
    );
    const rows = await statistics(testbed);
    const changed = rows.filter(({ mean }, n) => Math.abs(mean - (first[n]?.mean ?? 0)) > 4);
    check(
      changed.length === statisticsADay && changed.every(({ day }) => day === lateDay),
      `late readings of one day changed ${changed.length} rows`,
    );
    const { rows: causes } = await testbed.pool.query<{ cause: string }>('select distinct cause from runs');
    check(isDeepStrictEqual(causes, [{ cause: 'backfill' }]), 'the ledger has a cause other than backfill');

    return {
      ...(await countStatistics(testbed.pool, days)),
      broken,
      note: `${wet.runs.length} runs, then none, then ${late.runs.length} for the day with late readings; ${rows.length} rows`,
    };
  },
};

async function backfill(testbed: Testbed, ...more: string[]): Promise<Answer> {
  const range = ['--from', days[0] as string, '--to', days.at(-1) as string];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, 'backfill', 'daily_env_stats', ...range, ...more, '--json'],
    { env: appEnvironment(testbed) },
  );
  return JSON.parse(stdout) as Answer;
}

/** Rows with the time they were written, so that a rewritten row differs. */
async function written(testbed: Testbed) {
  const { rows } = await testbed.pool.query<{ room: string; day: string; mean: number; at: Date }>(
    'select room, day, mean, computed_at as at from env_daily_stats order by room, day, metric',
  );
  return rows;
}
