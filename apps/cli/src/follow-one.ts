import type { QueuedRun } from '@mycelium/operations';
import type { Connections } from './connections.ts';
import { followRun } from './follow-run.ts';
import { interruption, unlessInterrupted } from './interruption.ts';
import type { Output } from './output.ts';
import { printRun } from './reports.ts';

/** Watches a queued run and prints its report; the process fails when the run does. */
export async function followOne(connections: Connections, queued: QueuedRun, output: Output) {
  const signal = interruption(
    `Interrupted. ${queued.job} stays in the queue and runs without this command; \`mycelium runs\` shows how it ends.`,
  );
  const run = await unlessInterrupted(signal, followRun(connections, queued, output.bar(queued.job), signal));
  printRun(output, run, connections.config.TZ);
  output.result(run);
  if (run.status !== 'succeeded') process.exitCode = 1;
  return run;
}
