export { startHealthServer } from './health.ts';
export { createLogger, type Logger } from './logger.ts';
export {
  countImages,
  fencedWrites,
  readMetrics,
  timeStage,
  watchBreaker,
} from './metrics.ts';
export { onShutdown, type Shutdown } from './shutdown.ts';
export { inSpan, nameSpan, startTracing } from './tracing.ts';
