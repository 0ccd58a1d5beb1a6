import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';
import { inSpan } from './tracing.ts';

/** The stages of processing an image. */
export type Stage = 'read' | 'decode' | 'embed-image' | 'describe' | 'embed-text' | 'write';

const stageSeconds = new Histogram({
  name: 'mycelium_stage_seconds',
  help: 'Seconds per image and stage; a batch counts as one observation of its mean',
  labelNames: ['stage'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
});

const images = new Counter({
  name: 'mycelium_images_total',
  help: 'Images that batches have processed, by room and outcome: succeeded, failed or skipped',
  labelNames: ['room', 'outcome'],
});

/** Call `fencedWrites.inc()` when a write is refused because another worker has taken over. */
export const fencedWrites = new Counter({
  name: 'mycelium_fenced_writes_total',
  help: 'Writes that were refused because another worker had taken over',
});

const breakers: { dependencies: string[]; down: () => string | undefined }[] = [];
new Gauge({
  name: 'mycelium_breaker_open',
  help: '1 while jobs wait for the dependency, which is unreachable',
  labelNames: ['dependency'],
  collect() {
    this.reset();
    for (const { dependencies, down } of breakers) {
      const unreachable = down();
      for (const dependency of dependencies) this.inc({ dependency }, dependency === unreachable ? 1 : 0);
    }
  },
});

/** Shows the breaker of a process. `down` is the name of the dependency that opened it. */
export function watchBreaker(dependencies: string[], down: () => string | undefined): void {
  breakers.push({ dependencies, down });
}

/** Runs a stage on some images and records the seconds per image, including for failures. */
export async function timeStage<T>(stage: Stage, count: number, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await inSpan(stage, { 'mycelium.images': count }, work);
  } finally {
    if (count > 0) stageSeconds.observe({ stage }, (performance.now() - startedAt) / 1_000 / count);
  }
}

/** Room names come from object keys, so limit them: a writer of keys must not fill Prometheus with labels. */
const mostRooms = 1_000;
const rooms = new Set<string>();

/** Adds the counts of a batch, by room. */
export function countImages(
  batch: Record<string, { succeeded: number; failed: number; skipped: number }>,
): void {
  for (const [name, { succeeded, failed, skipped }] of Object.entries(batch)) {
    if (rooms.size < mostRooms) rooms.add(name);
    const room = rooms.has(name) ? name : 'other';
    for (const [outcome, count] of Object.entries({ succeeded, failed, skipped }))
      images.inc({ room, outcome }, count);
  }
}

export const metricsType = register.contentType;

/** The metrics of this process in Prometheus's format. */
export async function readMetrics(): Promise<string> {
  if (!register.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics();
  return register.metrics();
}
