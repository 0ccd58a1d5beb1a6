import type { JobName } from '@mycelium/queue';
import { type Asked, followRun } from './follow-run.ts';
import type { House } from './house.ts';
import type { Output } from './output.ts';
import { printRun } from './reports.ts';

/** Runs one job and prints its report; the process fails when the run does. */
export async function followOne<Name extends JobName>(house: House, asked: Asked<Name>, output: Output) {
  const run = await followRun(house, asked, output.bar(asked.job));
  printRun(output, run);
  output.result(run);
  if (run.status !== 'succeeded') process.exitCode = 1;
  return run;
}
