import { setTimeout as wait } from 'node:timers/promises';
import { countVectors, dayReport, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';

/** PostgreSQL itself records which worker wrote which image, and when. */
const recordWriters = `
  create table written (image_id bigint, who text, at timestamptz);
  create function record_writer() returns trigger language plpgsql as $$
  begin
    insert into written values (new.image_id, current_setting('application_name'), clock_timestamp());
    return null;
  end $$;
  create trigger who_wrote after insert or update on image_embedding for each row execute function record_writer()`;

/** The helper is never paused, so anything the sleeper writes after it to the same image is a zombie write. */
const zombieWrites = `
  select from written zombie where who = 'sleeper'
    and exists (select from written other where other.image_id = zombie.image_id and other.who = 'helper'
                and other.at < zombie.at)`;

/** A worker is paused in mid-batch for longer than its lock. Another takes over, then the first resumes. */
export const r3: Scenario = {
  id: 'R3',
  title: 'SIGSTOP past the lock, then SIGCONT',
  async run(testbed) {
    const rounds = testbed.full ? 50 : 3;
    const count = rounds * 80;
    const keys = await writeDay(testbed, count);
    await testbed.pool.query(recordWriters);
    const refused = async () => (await testbed.refusedWrites.total()).refused ?? 0;
    const leaseSeconds = 2;
    const sleeper = startStubWorker(testbed, { name: 'sleeper', millisecondsPerImage: 100, leaseSeconds });
    await sleeper.ready;
    await requestDay(testbed);
    // Slow enough not to finish the day while the other one sleeps.
    const helper = startStubWorker(testbed, { name: 'helper', millisecondsPerImage: 200, leaseSeconds });
    await helper.ready;

    let zombies = 0;
    let pauses = 0;
    while (zombies < rounds) {
      const held = await heldBatch('sleeper');
      if (!held) break;
      pauses++;
      sleeper.child.kill('SIGSTOP');
      // If the batch finished just before the pause, there is no zombie.
      const asleep = await stillHeld(held);
      const taken = asleep && (await until(async () => !(await stillHeld(held)), 20_000));
      const before = await refused();
      sleeper.child.kill('SIGCONT');
      if (!taken) continue;
      zombies++;
      await until(async () => (await refused()) > before, 2_000);
    }
    const report = await dayReport(testbed, 240);
    const { lost, doubled } = await countVectors(testbed.pool, keys);
    const { rows: slipped } = await testbed.pool.query(zombieWrites);
    const refusals = await refused();
    const broken: string[] = [];
    if (!report || report.succeeded !== count)
      broken.push(`the report says ${report?.succeeded} of ${count}`);
    if (zombies < Math.ceil(rounds / 2)) broken.push(`${zombies} zombies in ${pauses} pauses`);
    // A zombie that fails to renew its lease gives up before it writes.
    if (refusals === 0) broken.push('no zombie tried to write');
    if (slipped.length > 0) broken.push(`${slipped.length} writes of zombies were not refused`);
    return {
      lost,
      doubled: doubled + slipped.length,
      recovered: zombies,
      broken,
      note: `${zombies} zombies in ${pauses} pauses, ${refusals} writes refused, ${slipped.length} not; the others gave up before they wrote`,
    };

    async function heldBatch(holder: string) {
      let held: { name: string; epoch: number } | undefined;
      await until(async () => {
        const { rows } = await testbed.pool.query(
          `select name, epoch from lease where holder = $1 and name like 'embed_batch/%' and until > now()`,
          [holder],
        );
        held = rows[0];
        return Boolean(held);
      }, 15_000);
      return held;
    }
    async function stillHeld({ name, epoch }: { name: string; epoch: number }) {
      const { rowCount } = await testbed.pool.query('select from lease where name = $1 and epoch = $2', [
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
