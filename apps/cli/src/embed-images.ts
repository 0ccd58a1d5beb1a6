import { runJob } from '@mycelium/operations';
import { imageJobs } from '@mycelium/queue';
import { withConnections } from './connections.ts';
import { followOne } from './follow-one.ts';
import { operationsOf } from './operations.ts';
import type { Output } from './output.ts';

/** The images that a command selects. */
interface Selection {
  day?: string;
  since?: string;
  rooms?: string[] | undefined;
  maxPerRoom?: number | undefined;
  batchSize?: number;
  save: boolean;
}

/** Queues images for a clip worker and follows the run. */
export async function embedImages({ rooms, maxPerRoom, ...selection }: Selection, output: Output) {
  const payload = { ...selection, ...(rooms && { rooms }), ...(maxPerRoom && { maxPerRoom }) };
  await withConnections(async (connections) => {
    const queued = await runJob(operationsOf(connections), { job: imageJobs.selected, payload });
    await followOne(connections, queued, output);
  });
}
