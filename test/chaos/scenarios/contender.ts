/**
 * One of several workers that compete for the hourly job. The first run blocks its event loop until another one
 * has taken its lease over, and occasionally a later run blocks past its lease.
 */
import { Worker } from 'node:worker_threads';
import { commit, createLedger, createPool } from '@mycelium/database';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import { createLogger, fencedWrites } from '@mycelium/telemetry';
import { seeded } from '../harness/scenario.ts';

const { name, databaseUrl, redisUrl, prefix, blockMilliseconds, seed } = JSON.parse(process.argv[2] ?? '{}');
const random = seeded(seed);
const logger = createLogger({ service: name, level: 'warn', format: 'json' });
// A block in the middle of a transaction keeps its locks for no longer than a lease.
const address = new URL(databaseUrl);
address.searchParams.set('idle_in_transaction_session_timeout', '1000');
const pool = createPool(address.href, { name, max: 4 });
const connection = connect(
  { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_CONNECT_TIMEOUT: 5_000, REDIS_COMMAND_TIMEOUT: 5_000 },
  () => {},
);

startWorker(
  'setpoint',
  {
    async hourly_setpoint_monitoring(_, { run }) {
      const mark = (what: string) =>
        commit(pool, run.lease, (tx) =>
          tx.query(
            'insert into moments (epoch, slot, what, worker, at) values ($1, $2, $3, $4, clock_timestamp())',
            [run.lease.epoch, run.slot, what, name],
          ),
        );
      await mark('begin');
      const { rows } = await pool.query<{ marks: number }>('select count(*) as marks from moments');
      if (rows[0]?.marks === 1) {
        blockUntilTakenOver(run.lease.epoch);
      } else if (random() < 0.2) {
        const until = Date.now() + blockMilliseconds;
        while (Date.now() < until);
      }
      await mark('end');
      return { to: run.slot.toISOString(), changes: 0, rooms: [], failed: [] };
    },
  },
  {},
  {
    connection,
    queues: createQueues(connection),
    ledger: createLedger(pool, name, { leaseSeconds: 1 }),
    leaseSeconds: 1,
    timeZone: 'UTC',
    logger,
    concurrency: 3,
    onFenced: async () => {
      fencedWrites.inc();
      const total = (await fencedWrites.get()).values[0]?.value;
      logger.warn('refused writes', { refusedWrites: total });
    },
  },
);
logger.warn('ready');

/** Blocks the event loop until a later lease has written, at most half a minute. A thread of its own looks for it. */
function blockUntilTakenOver(epoch: number): void {
  const takenOver = new Int32Array(new SharedArrayBuffer(4));
  new Worker(new URL('taken-over.ts', import.meta.url), { workerData: { databaseUrl, epoch, takenOver } });
  Atomics.wait(takenOver, 0, 0, 30_000);
}
