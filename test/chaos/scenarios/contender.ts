/**
 * One of several workers that compete for the hourly job. Now and then it blocks its event loop past its lease; the
 * one with `blockFirst` does so in its first run.
 */
import { commit, createLedger, createPool } from '@mycelium/database';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import { createLogger, fencedWrites } from '@mycelium/telemetry';
import { seeded } from '../harness/scenario.ts';

const { name, databaseUrl, redisUrl, prefix, blockMilliseconds, blockFirst, seed } = JSON.parse(
  process.argv[2] ?? '{}',
);
const random = seeded(seed);
const logger = createLogger({ service: name, level: 'warn', format: 'json' });
const pool = createPool(databaseUrl, { name, max: 4 });
const connection = connect(
  { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_CONNECT_TIMEOUT: 5_000, REDIS_COMMAND_TIMEOUT: 5_000 },
  () => {},
);
let runs = 0;

startWorker(
  'setpoint',
  {
    async hourly_setpoint_monitoring(_, { run }) {
      const mark = (what: string) =>
        commit(pool, run.lease, (tx) =>
          tx.query(
            'insert into timeline (epoch, slot, what, worker, at) values ($1, $2, $3, $4, clock_timestamp())',
            [run.lease.epoch, run.slot, what, name],
          ),
        );
      await mark('begin');
      if ((runs++ === 0 && blockFirst) || random() < 0.2) {
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
