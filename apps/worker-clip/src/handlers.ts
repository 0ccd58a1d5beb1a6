// Shared by the worker's own process and test/tools/stub-worker.ts.
export { describeBatch } from './describe-batch.ts';
export { embedBatch } from './embed-batch.ts';
export { dailyClipInference, embedImages } from './embed-images.ts';
