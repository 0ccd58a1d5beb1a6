import { setTimeout as wait } from 'node:timers/promises';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startStubWorker } from './worker-process.ts';

/** A worker is stopped in the middle of a batch for longer than its lock; another takes over; the first goes on. */
export const r3: Scenario = {
  id: 'R3',
  title: 'SIGSTOP past the lock, then SIGCONT',
  async run(stage) {
    const rounds = stage.full ? 50 : 3;
    const count = rounds * 60;
    await writeDay(stage, count);
    let refused = 0;
    const heard = (message: string) => {
      if (message.startsWith('a write was refused')) refused++;
    };
    const told = { millisecondsPerImage: 50, leaseSeconds: 2 };
    const sleeper = startStubWorker(stage, { name: 'sleeper', ...told }, heard);
    await sleeper.ready;
    await askForDay(stage);
    const helper = startStubWorker(stage, { name: 'helper', ...told }, heard);
    await helper.ready;

    let zombies = 0;
    for (let round = 0; round < rounds; round++) {
      const held = await holdsBatch('sleeper');
      if (!held) break;
      sleeper.child.kill('SIGSTOP');
      const taken = await until(async () => !(await stillHeld(held)), 20_000);
      const before = refused;
      sleeper.child.kill('SIGCONT');
      if (taken && (await until(async () => refused > before, 5_000))) zombies++;
    }
    const report = await dayReport(stage, 240);
    const { lost, doubled } = await tally(stage, count);
    const broken: string[] = [];
    if (!report || report.succeeded !== count)
      broken.push(`the report says ${report?.succeeded} of ${count}`);
    if (zombies === 0) broken.push('no worker came back as a zombie');
    if (refused < zombies) broken.push(`${zombies} zombies, ${refused} refusals`);
    return {
      lost,
      doubled,
      refused,
      recovered: zombies,
      broken,
      note: `${zombies} zombies in ${rounds} pauses, every one refused`,
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
