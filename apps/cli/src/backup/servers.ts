import { type Config, readConfig } from '@mycelium/config';
import { startServices } from '@mycelium/embedded';
import { out } from '../colours.ts';
import type { Output } from '../output.ts';

/** The settings with the addresses of servers that run. */
export type RunningConfig = Config & { DATABASE_URL: string };

/**
 * Uses the servers of the settings or of a running `npm start`; without either, starts those of `npm start` for the time
 * of the work, without its processes.
 */
export async function withServers<T>(
  output: Output,
  signal: AbortSignal,
  work: (config: RunningConfig) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  if (config.DATABASE_URL) return work({ ...config, DATABASE_URL: config.DATABASE_URL });
  const services = await startServices({
    home: config.MYCELIUM_HOME,
    redis: !config.REDIS_URL,
    postgres: true,
    onProgress: (message) => output.line(out.dim(`  ${message}`)),
    signal,
  });
  try {
    output.done('servers', `of ${config.MYCELIUM_HOME}, started for this`);
    return await work({
      ...config,
      REDIS_URL: config.REDIS_URL ?? services.redisUrl,
      DATABASE_URL: services.databaseUrl as string,
    });
  } finally {
    await services.stop();
  }
}
