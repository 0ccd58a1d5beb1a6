import type { Config } from '@mycelium/config';
import { type Pool, startHeartbeat } from '@mycelium/database';
import { type Shutdown, startHealthServer } from '@mycelium/telemetry';

export interface Announcement {
  /** Why the process does not do its work, besides what its workers report. */
  trouble?: () => string | undefined;
  /** What `/readyz` answers; without it, the trouble. */
  ready?: () => Promise<string | undefined>;
}

interface Announced {
  name: string;
  service: string;
  host: string;
  config: Config;
  pool: Pool;
  onStop: Shutdown['onStop'];
  worker: { trouble(): string | undefined; watch(): void };
}

/** Reports that the process runs and how it is: to the database every ten seconds, and to anyone who asks by HTTP. */
export async function announce(
  { name, service, host, config, pool, onStop, worker }: Announced,
  { trouble: own = () => undefined, ready }: Announcement,
): Promise<void> {
  const trouble = () => own() ?? worker.trouble();
  worker.watch();
  const heartbeat = startHeartbeat(pool, { process: name, service, host, trouble });
  onStop('heartbeat', () => heartbeat.stop());
  if (!config.HEALTH_PORT) return;
  const health = await startHealthServer({
    host: config.HEALTH_HOST,
    port: config.HEALTH_PORT,
    ready: ready ?? trouble,
  });
  onStop('health', () => health.close());
}
