import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { copyReadings, ensurePoints, type Pool } from '@mycelium/database';
import {
  addDays,
  type Day,
  dayBounds,
  dayOf,
  daysApart,
  daysBetween,
  deviceTypeOf,
  formatImageKey,
  instantToLocal,
  pointKey,
} from '@mycelium/farm';
import type { ObjectStore } from '@mycelium/storage';
import { batchSeed, type Scene, sceneOf } from '../scene/scene.ts';
import { demoDay } from './demo-climate.ts';

export interface DemoFarm {
  pool: Pool;
  store: ObjectStore;
  timeZone: string;
  /** The demo covers the three days before this instant's day, and this day up to the instant. */
  now: Date;
  seed?: number;
  onProgress?: (progress: { what: 'readings' | 'images'; done: number; total: number }) => void;
  signal?: AbortSignal;
}

/** Each room has a different age, so that every stage is visible. One got a new batch the day before yesterday. */
const rooms: { room: string; camera: string; growthDay: number; turnover?: true }[] = [
  { room: '607', camera: '1921681207', growthDay: 4 },
  { room: '608', camera: '1921681208', growthDay: 10 },
  { room: '611', camera: '1921681211', growthDay: 17 },
  { room: '612', camera: '1921681212', growthDay: 27, turnover: true },
];
export const demoRooms = rooms.map(({ room }) => room);
const days = 3;
/** The hour, in farm time, when the new batch is brought in. */
const turnoverHour = 10;

/**
 * Fills an empty farm: four rooms, three days plus today so far, a climate reading every minute and an image every
 * hour. Every image is marked DEMO. The same seed and date give the same farm; running it again changes nothing.
 */
export async function growDemoFarm(
  farm: DemoFarm,
): Promise<{ readings: number; images: number; days: Day[] }> {
  const today = dayOf(farm.now, farm.timeZone);
  const all = Array.from({ length: days + 1 }, (_, n) => addDays(today, n - days));
  const time = { today, days: all, since: dayBounds(all[0] as Day, farm.timeZone).start };
  const readings = await growReadings(farm, time);
  const images = await growImages(farm, time);
  return { readings, images, days: all };
}

/** Adds data from `since` to `now` to the farm created at `grownAt`. */
export async function continueDemoFarm(
  farm: DemoFarm & { grownAt: Date; since: Date },
): Promise<{ readings: number; images: number }> {
  const dayAt = (at: Date) => dayOf(at, farm.timeZone);
  const time = {
    today: dayAt(farm.grownAt),
    days: daysBetween(dayAt(farm.since), dayAt(farm.now)),
    since: farm.since,
  };
  return { readings: await growReadings(farm, time), images: await growImages(farm, time) };
}

interface DemoTime {
  /** The day the farm was created, which determines the age of its rooms. */
  today: Day;
  days: Day[];
  /** Nothing before this instant is added. */
  since: Date;
}

/** The growth day of a room on a day; `turnoverAt` is the minute when a new batch is brought in. */
function batchOn({ growthDay, turnover }: (typeof rooms)[number], day: Day, today: Day) {
  const ago = daysApart(day, today);
  if (!turnover || ago > 2) return { growthDay: growthDay - ago };
  if (ago === 2) return { growthDay: growthDay - ago, turnoverAt: turnoverHour * 60 };
  return { growthDay: 3 - ago };
}

async function growReadings(
  { pool, timeZone, now, seed = 1, onProgress, signal }: DemoFarm,
  { today, days, since }: DemoTime,
) {
  const total = rooms.length * days.length;
  let done = 0;
  let written = 0;
  for (const place of rooms) {
    for (const day of days) {
      const { start, end } = dayBounds(day, timeZone);
      const minutes = Math.floor((Math.min(end.getTime(), now.getTime()) - start.getTime()) / 60_000);
      const first = Math.floor((since.getTime() - start.getTime()) / 60_000);
      const all = demoDay({ room: place.room, day, minutes, seed, ...batchOn(place, day, today) });
      const values = [...all].filter(({ minute }) => minute >= first);
      const points = values.map(({ device, point }) => {
        const alias = `${device}_${place.room}`;
        return { room: place.room, deviceType: deviceTypeOf(alias, place.room), device: alias, point };
      });
      const distinct = new Map(points.map((point) => [pointKey(point), point]));
      const ids = await ensurePoints(pool, [...distinct.values()]);
      const rows = values.map(({ minute, value }, n) => ({
        pointId: ids.get(pointKey(points[n] as (typeof points)[number])) as number,
        ts: new Date(start.getTime() + minute * 60_000),
        value,
      }));
      written += (await copyReadings(pool, rows, signal ? { signal } : {})).inserted;
      onProgress?.({ what: 'readings', done: ++done, total });
    }
  }
  return written;
}

async function growImages(
  { store, timeZone, now, seed = 1, onProgress, signal }: DemoFarm,
  { today, days, since }: DemoTime,
) {
  const pictures = days.flatMap((day) => rooms.flatMap((place) => photographs(place, day)));
  let done = 0;
  let written = 0;
  const cameras = Array.from({ length: Math.min(availableParallelism(), pictures.length, 4) }, openCamera);
  try {
    const queue = pictures.values();
    await Promise.all(
      cameras.map(async (camera) => {
        for (const { key, scene } of queue) {
          signal?.throwIfAborted();
          if (!(await store.stat(key, signal))) {
            await store.write(key, await camera.take(scene), { contentType: 'image/jpeg' });
            written++;
          }
          onProgress?.({ what: 'images', done: ++done, total: pictures.length });
        }
      }),
    );
  } finally {
    await Promise.all(cameras.map((camera) => camera.close()));
  }
  return written;

  function photographs(place: (typeof rooms)[number], day: Day): { key: string; scene: Scene }[] {
    const { start, end } = dayBounds(day, timeZone);
    const last = Math.min(end.getTime(), now.getTime());
    const hours = Math.ceil((last - start.getTime()) / 3_600_000);
    const times = Array.from(
      { length: Math.max(0, hours) },
      (_, n) => new Date(start.getTime() + n * 3_600_000),
    );
    const missing = times.filter((capturedAt) => capturedAt >= since);
    return missing.map((capturedAt) => {
      const { hour } = instantToLocal(capturedAt, timeZone);
      const batch = batchOn(place, day, today);
      const isNew = batch.turnoverAt !== undefined && hour >= turnoverHour;
      const growthDay = isNew ? 1 : batch.growthDay;
      const batchInDate = addDays(day, 1 - growthDay);
      const { room, camera } = place;
      return {
        key: formatImageKey({ room, capturedAt, batchInDate, camera }, { timeZone }),
        scene: sceneOf({ room, growthDay, hour, seed: batchSeed(seed, room, batchInDate) }),
      };
    });
  }
}

function openCamera() {
  const thread = new Worker(new URL('./demo-camera.ts', import.meta.url));
  const take = (scene: Scene) =>
    new Promise<Buffer>((resolve, reject) => {
      const failed = (error: unknown) => reject(error);
      thread.once('error', failed);
      thread.once('message', (jpeg: Uint8Array) => {
        thread.off('error', failed);
        resolve(Buffer.from(jpeg));
      });
      thread.postMessage(scene);
    });
  return { take, close: () => thread.terminate() };
}
