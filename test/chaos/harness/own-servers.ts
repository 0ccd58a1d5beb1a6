import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServices } from '@mycelium/embedded';

/** Starts a Redis and a PostgreSQL that a scenario may kill, each in its own home and with a fixed port. */
export async function startOwnServers(redisHome: string, postgresHome: string) {
  const start = {
    redis: () => startServices({ home: redisHome, redis: true, postgres: false }),
    postgres: () => startServices({ home: postgresHome, redis: false, postgres: true }),
  };
  let [redis, postgres] = await Promise.all([start.redis(), start.postgres()]);
  const pidOf = async (file: string) => Number.parseInt(await readFile(file, 'utf8'), 10);

  return {
    redisUrl: redis.redisUrl as string,
    databaseUrl: postgres.databaseUrl as string,
    redisPid: () => pidOf(join(redisHome, 'redis', 'redis.pid')),
    postgresPid: () => pidOf(join(postgresHome, 'postgres', 'data', 'postmaster.pid')),
    async killRedis() {
      process.kill(await this.redisPid(), 'SIGKILL');
      await this.restartRedis();
    },
    /** Also works when it is already dead. */
    async restartRedis() {
      await redis.stop();
      redis = await start.redis();
    },
    async restartPostgres() {
      await postgres.stop();
      postgres = await start.postgres();
    },
    stop: () => Promise.all([redis.stop(), postgres.stop()]),
  };
}
