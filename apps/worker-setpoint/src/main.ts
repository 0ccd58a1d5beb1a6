import { startProcess } from '@mycelium/process';
import { watchSetpoints } from './watch-setpoints.ts';

const { pool, logger, takeJobs, announce } = await startProcess('worker-setpoint', {
  tag: '[SETPOINT_TASK]',
});
takeJobs('setpoint', { hourly_setpoint_monitoring: watchSetpoints }, { pool, logger });
await announce();
