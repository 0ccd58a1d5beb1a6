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
    const { refused, unread } = await shared.refusedWrites.total();
    const figures = { ...nothing, ...outcome, refused };
    const note = unread > 0 ? `${outcome.note}; ${unreadNote(unread)}` : outcome.note;
    const seconds = (Date.now() - began) / 1_000;
    return { id, title, ...figures, note, pass: holds(figures), notRun, seconds, seed, full };
  } finally {
    await close();
  }
}

/** Such a process died before its metrics could be read, or never served them. */
const unreadNote = (unread: number) =>
  `refused writes of ${unread} ${unread === 1 ? 'process' : 'processes'} were never read`;
