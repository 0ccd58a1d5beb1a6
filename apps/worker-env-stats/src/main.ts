import { startProcess } from '@mycelium/process';
import { computeEnvStats } from './compute-env-stats.ts';

const { pool, logger, takeJobs, announce } = await startProcess('worker-env-stats', { tag: '[ENV_TASK]' });
const handlers = {
  daily_env_stats: computeEnvStats,
};
takeJobs('env-stats', handlers, { pool, logger });
await announce();
