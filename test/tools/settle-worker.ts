/** The scheduler's worker for settling readings, which kills itself around COMMIT. Its settings are one JSON argument. */
import { createLedger, createPool } from '@mycelium/database';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import { settleOld } from '@mycelium/scheduler/settle-old';
import { createLogger } from '@mycelium/telemetry';
import { z } from 'zod';
import { dieAroundCommit } from './die-around-commit.ts';

const { name, databaseUrl, redisUrl, prefix, dieAtCommit, seed } = z
  .strictObject({
    name: z.string(),
    databaseUrl: z.string(),
    redisUrl: z.string(),
    prefix: z.string(),
    dieAtCommit: z.number(),
    seed: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const leaseSeconds = 1;
const logger = createLogger({ service: name, level: 'warn', format: 'json' });
const pool = createPool(databaseUrl, { name, max: 5 });
const servers = {
  ...{
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
    REDIS_CONNECT_TIMEOUT: 5_000,
    REDIS_COMMAND_TIMEOUT: 5_000,
  },
};
const connection = connect(servers, () => {});
const faults = { share: dieAtCommit, seed, statement: 'insert into reading_block' };
const unused = () => Promise.reject(new Error('not asked for here'));
startWorker(
  'tables',
  { create_tables: unused, prune: unused, settle_readings: settleOld },
  { pool: dieAroundCommit(pool, faults), settleAfterDays: 3, logger },
  {
    connection,
    queues: createQueues(connection),
    ledger: createLedger(createPool(databaseUrl, { name, max: 3 }), name, { leaseSeconds }),
    leaseSeconds,
    timeZone: 'UTC',
    logger,
    needs: [],
  },
);
