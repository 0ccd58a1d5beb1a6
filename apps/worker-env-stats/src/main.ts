import { startProcess } from '@mycelium/process';
import { computeEnvStats } from './compute-env-stats.ts';

const { pool, logger, takeJobs, announce } = await startProcess('worker-env-stats', { tag: '[ENV_TASK]' });
takeJobs('env-stats', { daily_env_stats: computeEnvStats }, { pool, logger });
await announce();
