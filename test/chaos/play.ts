import { r1 } from './r1-killed-workers.ts';
import { r2 } from './r2-killed-at-commit.ts';
import { r3 } from './r3-paused-workers.ts';
import { r4 } from './r4-busy-model.ts';
import { r5 } from './r5-contenders.ts';
import { r6 } from './r6-downtime.ts';
import { r7 } from './r7-servers-die.ts';
import { r8 } from './r8-bad-images.ts';
import { r9 } from './r9-sigterm.ts';
import { r10 } from './r10-clocks.ts';
import { r11 } from './r11-backfill.ts';
import { r12 } from './r12-soak.ts';
import { r13 } from './r13-versions.ts';
import { r14 } from './r14-cut-off-host.ts';
import type { Outcome, Scenario } from './scenario.ts';
import { openHall, openStage } from './stage.ts';

export const scenarios: Scenario[] = [r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14];

export type Played = Required<Outcome> & { id: string; seed: number; seconds: number; pass: boolean };

/** Plays one scenario on a stage of its own. */
export async function play(
  { id, run }: Scenario,
  options: {
    seed: number;
    full: boolean;
    say: (line: string) => void;
    databaseUrl: string;
    redisUrl: string;
  },
): Promise<Played> {
  const { hall, close } = openHall(options);
  const began = Date.now();
  try {
    const outcome = await run(await openStage(hall, options)).catch(
      (error: Error): Outcome => ({
        lost: 0,
        doubled: 0,
        refused: 0,
        recovered: 0,
        broken: [error.message],
        note: 'it broke off',
      }),
    );
    const { lost, doubled, broken } = outcome;
    const pass = lost === 0 && doubled === 0 && broken.length === 0;
    return { id, late: 0, ...outcome, seed: options.seed, seconds: (Date.now() - began) / 1_000, pass };
  } finally {
    await close();
  }
}
