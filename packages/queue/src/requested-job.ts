import { requestOf } from './envelope.ts';
import { findJob } from './jobs.ts';
import type { Queues } from './queues.ts';

/** The queue's job for the `request` (`id#timestamp`) of a ledger row; undefined once the queue has removed it. */
export async function findRequestedJob(queues: Queues, name: string, request: string | null) {
  if (!request || !findJob(name)) return undefined;
  // An id may contain a `#`: the timestamp follows the last one.
  const job = await queues.of(name).getJob(request.slice(0, request.lastIndexOf('#')));
  return job && requestOf(job) === request ? job : undefined;
}
