import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { upsertImages } from './images.ts';
import { newestBatch, type TimeLapse, timeLapseImages } from './time-lapse.ts';

const timeZone = 'Asia/Shanghai';

test('a time-lapse has every lit picture, or the one nearest to noon of each day', async (t) => {
  const pool = await createTestDatabase(t);
  const hours = [0, 6, 11, 15, 22];
  const images = ['2026-03-08', '2026-03-09', '2026-03-10'].flatMap((day, n) =>
    hours.map((hour) => ({
      ...{ key: `611/${day}-${hour}`, room: '611', day, camera: '1', etag: 'a', bytes: 1 },
      capturedAt: new Date(Date.parse(`${day}T00:00:00+08:00`) + hour * 3_600_000),
      ...{ batchInDate: n === 0 ? '2026-02-01' : '2026-03-09', growthDay: n, stage: 'normal' as const },
    })),
  );
  await upsertImages(pool, images);
  const whole: TimeLapse = {
    ...{ room: '611', from: '2026-03-08', to: '2026-03-10' },
    ...{ every: 'image', night: false, timeZone },
  };
  const times = async (asked: Partial<TimeLapse> = {}) => {
    const { images, dark } = await timeLapseImages(pool, { ...whole, ...asked });
    return { times: images.map(({ key }) => key.slice(12)), dark };
  };
  assert.equal((await times()).times.length, 15, 'nothing is known to be dark');

  await pool.query(
    `update image set brightness = case when extract(hour from captured_at at time zone $1) in (0, 22) then 0.05 else 0.4 end`,
    [timeZone],
  );
  assert.deepEqual(await times({ from: '2026-03-09' }), {
    times: ['09-6', '09-11', '09-15', '10-6', '10-11', '10-15'],
    dark: 4,
  });
  assert.deepEqual(await times({ every: 'day' }), { times: ['08-11', '09-11', '10-11'], dark: 6 });
  assert.equal((await times({ night: true })).times.length, 15);
  assert.deepEqual((await times({ night: true, every: 'day' })).times, ['08-11', '09-11', '10-11']);
  await pool.query(
    `insert into quarantine (key, reason, detail, etag) values ('611/2026-03-09-11', 'x', 'x', 'a')`,
  );
  assert.deepEqual((await times({ every: 'day' })).times, ['08-11', '09-15', '10-11']);

  assert.deepEqual(await newestBatch(pool, '611', timeZone), { from: '2026-03-09', to: '2026-03-10' });
  assert.equal(await newestBatch(pool, '999', timeZone), undefined);
});
