/** A thread that wakes the one that started it when a lease later than `epoch` has written to the timeline. */
import { setTimeout as wait } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { createPool } from '@mycelium/database';

const { databaseUrl, epoch, takenOver } = workerData as {
  databaseUrl: string;
  epoch: number;
  takenOver: Int32Array;
};
const pool = createPool(databaseUrl, { name: 'taken-over', max: 1 });
const began = performance.now();
while (performance.now() - began < 30_000) {
  const { rowCount } = await pool.query('select from timeline where epoch > $1 limit 1', [epoch]);
  if (rowCount) break;
  await wait(50);
}
await pool.end();
Atomics.store(takenOver, 0, 1);
Atomics.notify(takenOver, 0);
