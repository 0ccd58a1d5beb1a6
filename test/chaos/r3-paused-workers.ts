import { setTimeout as wait } from 'node:timers/promises';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startStubWorker } from './worker-process.ts';

/** Who wrote which image when: PostgreSQL writes it down, whatever the workers think. */
const recordWriters = `
  create table written (image_id bigint, who text, at timestamptz);
  create function record_writer() returns trigger language plpgsql as $$
  begin
    insert into written values (new.image_id, current_setting('application_name'), clock_timestamp());
    return null;
  end $$;
  create trigger who_wrote after insert or update on image_embedding for each row execute function record_writer()`;

/** The helper never sleeps: what the sleeper wrote after it on the same image came from a zombie. */
const zombieWrites = `
  select from written zombie where who = 'sleeper'
    and exists (select from written other where other.image_id = zombie.image_id and other.who = 'helper'
                and other.at < zombie.at)`;

/** A worker is stopped in the middle of a batch for longer than its lock; another takes over; the first goes on. */
export const r3: Scenario = {
  id: 'R3',
  title: 'SIGSTOP past the lock, then SIGCONT',
  async run(stage) {
    const rounds = stage.full ? 50 : 3;
    const count = rounds * 80;
    await writeDay(stage, count);
    await stage.pool.query(recordWriters);
    let refused = 0;
    const heard = (message: string) => {
      if (message.startsWith('a write was refused')) refused++;
    };
    const leaseSeconds = 2;
    const sleeper = startStubWorker(
      stage,
      { name: 'sleeper', millisecondsPerImage: 100, leaseSeconds },
      heard,
    );
    await sleeper.ready;
    await askForDay(stage);
    // Slow, so that it does not finish the day while the other sleeps.
    const helper = startStubWorker(stage, { name: 'helper', millisecondsPerImage: 200, leaseSeconds }, heard);
    await helper.ready;

    let zombies = 0;
    let pauses = 0;
    while (zombies < rounds) {
      const held = await holdsBatch('sleeper');
      if (!held) break;
      pauses++;
      sleeper.child.kill('SIGSTOP');
      // A batch that was finished in this very moment makes no zombie.
      const asleep = await stillHeld(held);
      const taken = asleep && (await until(async () => !(await stillHeld(held)), 20_000));
      const before = refused;
      sleeper.child.kill('SIGCONT');
      if (!taken) continue;
      zombies++;
      await until(async () => refused > before, 2_000);
    }
    const report = await dayReport(stage, 240);
    const { lost, doubled } = await tally(stage, count);
    const { rows: slipped } = await stage.pool.query(zombieWrites);
    const broken: string[] = [];
    if (!report || report.succeeded !== count)
      broken.push(`the report says ${report?.succeeded} of ${count}`);
    if (zombies < Math.ceil(rounds / 2)) broken.push(`${zombies} zombies in ${pauses} pauses`);
    // Who finds out by renewing its lease that it was taken over gives up by itself, and writes nothing.
    if (refused === 0) broken.push('no zombie came to the point of writing');
    if (slipped.length > 0) broken.push(`${slipped.length} writes of zombies were not refused`);
    return {
      lost,
      doubled: doubled + slipped.length,
      refused,
      recovered: zombies,
      broken,
      note: `${zombies} zombies in ${pauses} pauses, ${refused} writes refused, ${slipped.length} not; the others gave up before they wrote`,
    };

    async function holdsBatch(holder: string) {
      let held: { name: string; epoch: number } | undefined;
      await until(async () => {
        const { rows } = await stage.pool.query(
          `select name, epoch from lease where holder = $1 and name like 'embed_batch/%' and until > now()`,
          [holder],
        );
        held = rows[0];
        return Boolean(held);
      }, 15_000);
      return held;
    }
    async function stillHeld({ name, epoch }: { name: string; epoch: number }) {
      const { rowCount } = await stage.pool.query('select from lease where name = $1 and epoch = $2', [
        name,
        epoch,
      ]);
      return rowCount === 1;
    }
  },
};

async function until(done: () => Promise<boolean>, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (await done()) return true;
    await wait(20);
  }
  return false;
}
