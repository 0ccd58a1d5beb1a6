import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '@mycelium/database';
import { continueDemoFarm, demoRooms } from '@mycelium/demo';
import type { ObjectStore } from '@mycelium/storage';
import type { Output } from '../output.ts';

interface LiveDemo {
  home: string;
  pool: Pool;
  store: ObjectStore;
  timeZone: string;
  signal: AbortSignal;
}

const minute = 60_000;
/** A demo that was stopped for longer gets a gap, since no one wants to wait for a month of demo data. */
const mostCaughtUp = 3 * 24 * 60 * minute;

/** Stored next to the demo farm's data. Only a farm with this file counts as a demo. */
const noteIn = (home: string) => join(home, 'demo-farm');

/** Records when the demo farm was created, and until when it has data. */
export async function noteDemo(home: string, grownAt: Date, until: Date): Promise<void> {
  await writeFile(noteIn(home), `${grownAt.toISOString()} ${until.toISOString()}`);
}

/**
 * Adds the demo farm's readings and pictures since the last call.
 * @returns false when there is no demo farm, or when other readings arrive; nothing is added then
 */
export async function continueDemo({ home, ...farm }: LiveDemo, now: Date): Promise<boolean> {
  const text = await readFile(noteIn(home), 'utf8').catch(() => undefined);
  if (!text) return false;
  const [grownAt, until] = text.split(' ').map((instant) => new Date(instant)) as [Date, Date];
  if (await hasOtherReadings(farm.pool, until)) return false;
  const since = new Date(Math.max(until.getTime(), now.getTime() - mostCaughtUp));
  await continueDemoFarm({ ...farm, grownAt, since, now });
  await noteDemo(home, grownAt, now);
  return true;
}

/** The demo's last reading is at most a minute older than the record. */
async function hasOtherReadings(pool: Pool, until: Date): Promise<boolean> {
  const { rows } = await pool.query<{ other: boolean }>(
    `select exists (select from point where room <> all($1)) or exists (
       select from point cross join lateral reading_span(point.id) known where known.last > $2) as other`,
    [demoRooms, new Date(until.getTime() - minute)],
  );
  return rows[0]?.other ?? false;
}

/** Adds demo data every minute, until the signal or until other readings arrive. */
export async function keepDemoGoing(demo: LiveDemo, output: Output): Promise<void> {
  const { signal } = demo;
  try {
    if (!(await continueDemo(demo, new Date()))) return;
    output.line('  The demo farm stays live: one reading a minute, until readings of a real farm arrive.');
    do await sleep(minute, undefined, { signal });
    while (await continueDemo(demo, new Date()));
    output.line('  Other readings have arrived: the demo farm adds no more data.');
  } catch (error) {
    if (!signal.aborted) output.warn(`  the demo farm has stopped: ${String(error)}`);
  }
}
