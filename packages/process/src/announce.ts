import { type Config, fullestDisk } from '@mycelium/config';
import { type Pool, startHeartbeat } from '@mycelium/database';
import { type Shutdown, startHealthServer } from '@mycelium/telemetry';

export interface Announcement {
  /** Why the process is not working, in addition to what its workers report. */
  trouble?: () => string | undefined;
  /** The answer of `/readyz`; by default the trouble. */
  ready?: () => Promise<string | undefined>;
}

interface Announced {
  name: string;
  service: string;
  host: string;
  config: Config;
  pool: Pool;
  onStop: Shutdown['onStop'];
  worker: { trouble(): string | undefined; queues(): string[]; watch(): void };
}

/** Reports that the process is alive and its state: to the database every ten seconds, and over HTTP. */
export async function announce(
  { name, service, host, config, pool, onStop, worker }: Announced,
  { trouble: own = () => undefined, ready }: Announcement,
): Promise<void> {
  const trouble = () => own() ?? worker.trouble();
  worker.watch();
  const heartbeat = startHeartbeat(pool, {
    ...{ process: name, service, host, trouble },
    queues: worker.queues,
    disk: () => fullestDisk(config),
  });
  onStop('heartbeat', () => heartbeat.stop());
  if (!config.HEALTH_PORT) return;
  const health = await startHealthServer({
    host: config.HEALTH_HOST,
    port: config.HEALTH_PORT,
    ready: ready ?? trouble,
  });
  onStop('health', () => health.close());
}
