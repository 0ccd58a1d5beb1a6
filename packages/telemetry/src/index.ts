export { startHealthServer } from './health.ts';
export { createLogger, type Logger, type LogOptions } from './logger.ts';
export { onShutdown, type Shutdown } from './shutdown.ts';
