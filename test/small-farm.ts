import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { childEnvironment, readConfig } from '@mycelium/config';
import { copyReadings, ensurePoints, type Pool } from '@mycelium/database';
import { discardHome } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { photographAs } from '@mycelium/encoder/testing';
import { formatImageKey, pointKey } from '@mycelium/farm';
import { directoryStore } from '@mycelium/storage';

const main = new URL('../apps/cli/src/main.ts', import.meta.url).pathname;
const room = '611';
export const imagesPerDay = 24;
/** The nightly run embeds those of yesterday, and of the day before, which have no vectors yet. */
export const imagesOfRun = 2 * imagesPerDay;

/** Creates hourly readings and images of one room for the two days before the newest nightly run, and since. @returns the image folder */
export async function growSmallFarm(t: TestContext, pool: Pool): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-farm-'));
  t.after(() => rm(folder, { recursive: true }));
  // Until 03:02:25 UTC the newest nightly run is that of the day before.
  const nightly = new Date(Date.now() - (3 * 3_600 + 3 * 60) * 1_000);
  const today = Date.parse(`${nightly.toISOString().slice(0, 10)}T00:00:00Z`);
  const hours = Array.from({ length: 72 }, (_, n) => new Date(today - 48 * 3_600_000 + n * 3_600_000)).filter(
    (at) => at.getTime() < Date.now(),
  );
  const climate = { room, device: 'env_611', deviceType: 'mushroom_env_status', point: 'temperature' };
  const setpoint = { room, device: 'cooler_611', deviceType: 'air_cooler', point: 'temp_set' };
  const ids = await ensurePoints(pool, [climate, setpoint]);
  const [climateId, setpointId] = [climate, setpoint].map((point) => ids.get(pointKey(point)) as number);
  await copyReadings(
    pool,
    hours.flatMap((ts, n) => [
      { pointId: climateId as number, ts, value: 15 + (n % 5) },
      { pointId: setpointId as number, ts, value: n % 2 ? 15 : 16 },
    ]),
  );
  const store = directoryStore(folder);
  for (const capturedAt of hours) {
    const key = formatImageKey(
      { room, capturedAt, batchInDate: '2025-12-18', camera: '1' },
      { timeZone: 'UTC' },
    );
    await store.write(key, await photographAs('jpeg', 320, 240, capturedAt.getUTCHours() + 1));
  }
  return folder;
}

export interface Report {
  job: string;
  status: string;
  report: Record<string, unknown>;
}

/** A folder for `npm start` that ends with the test. */
export async function makeHome(t: TestContext): Promise<string> {
  const home = await createTestHome(readConfig().MYCELIUM_HOME);
  t.after(() => discardHome(home));
  return home;
}

/** Runs all processes with the servers and images in `env` until each job has run once for yesterday. */
export async function runEachJob(
  t: TestContext,
  env: Parameters<typeof childEnvironment>[0],
  home?: string,
): Promise<Report[]> {
  const all = childEnvironment({
    LOG_LEVEL: 'warn',
    ...env,
    MYCELIUM_HOME: home ?? (await makeHome(t)),
    TZ: 'UTC',
  });
  const { runs } = await new Promise<{ runs: Report[] }>((resolve, reject) => {
    execFile(
      process.execPath,
      [main, 'up', '--once', '--no-demo', '--json'],
      { env: all },
      (error, out, err) =>
        error ? reject(new Error(`up: ${err || out}`)) : resolve(JSON.parse(out) as { runs: Report[] }),
    );
  });
  return runs;
}
