/**
 * One of several workers that compete for the hourly job. The first run, and occasionally another one, blocks
 * its event loop past its lease.
 */
import { commit, createLedger, createPool } from '@mycelium/database';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import { createLogger, fencedWrites } from '@mycelium/telemetry';
import { seeded } from '../harness/scenario.ts';

const { name, databaseUrl, redisUrl, prefix, blockMilliseconds, seed } = JSON.parse(process.argv[2] ?? '{}');
const random = seeded(seed);
const logger = createLogger({ service: name, level: 'warn', format: 'json' });
const pool = createPool(databaseUrl, { name, max: 4 });
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
            'insert into timeline (epoch, slot, what, worker, at) values ($1, $2, $3, $4, clock_timestamp())',
            [run.lease.epoch, run.slot, what, name],
          ),
        );
      await mark('begin');
      const { rows } = await pool.query<{ marks: number }>('select count(*) as marks from timeline');
      if (rows[0]?.marks === 1 || random() < 0.2) {
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
