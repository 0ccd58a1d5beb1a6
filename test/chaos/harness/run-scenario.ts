import { holds, type Outcome, type Result, type Scenario } from './scenario.ts';
import { openShared, openTestbed } from './testbed.ts';

/** Runs one scenario on its own testbed. */
export async function runScenario(
  { id, title, unavailable, run }: Scenario,
  options: {
    seed: number;
    full: boolean;
    log: (line: string) => void;
    databaseUrl: string;
    redisUrl: string;
  },
): Promise<Result> {
  const { seed, full } = options;
  const nothing = { lost: null, doubled: null, late: null, refused: null, recovered: null };
  const notRun = (await unavailable?.()) ?? null;
  if (notRun) {
    return { id, title, ...nothing, pass: null, notRun, broken: [], note: '', seconds: 0, seed, full };
  }
  const { shared, close } = openShared(options);
  const began = Date.now();
  try {
    const outcome = await run(await openTestbed(shared, options)).catch(
      (error: Error): Outcome => ({ broken: [error.message], note: 'stopped by an error' }),
    );
    const refused = await shared.refusedWrites.total();
    const figures = { ...nothing, ...outcome, refused };
    const seconds = (Date.now() - began) / 1_000;
    return { id, title, ...figures, pass: holds(figures), notRun, seconds, seed, full };
  } finally {
    await close();
  }
}
