import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDays, dayOf, daysBetween } from '@mycelium/farm';
import { latestSlot, slotForDay } from './slots.ts';

test("a day's statistics are due early on the next day", () => {
  assert.equal(
    slotForDay('daily_env_stats', '2025-12-31', 'Asia/Shanghai').toISOString(),
    '2025-12-31T17:03:20.000Z',
  );
});

test('for a day, an hourly job uses its first firing after midnight', () => {
  assert.equal(
    slotForDay('hourly_setpoint_monitoring', '2025-12-31', 'UTC').toISOString(),
    '2026-01-01T00:05:00.000Z',
  );
});

for (const zone of ['Europe/London', 'Asia/Shanghai', 'America/St_Johns', 'America/Havana']) {
  test(`every day of a year has one slot, on the next day, in ${zone}`, () => {
    const days = daysBetween('2025-01-01', '2025-12-31');
    const slots = days.map((day) => slotForDay('daily_clip_inference', day, zone));
    assert.deepEqual(
      slots.map((slot) => addDays(dayOf(slot, zone), -1)),
      days,
    );
    assert.equal(new Set(slots.map(Number)).size, days.length);
  });
}

test('the latest slot is the one at or before now', () => {
  const latest = (now: string) =>
    latestSlot('hourly_setpoint_monitoring', 'Asia/Kolkata', new Date(now)).toISOString();
  assert.equal(latest('2025-06-01T10:35:00Z'), '2025-06-01T10:35:00.000Z');
  assert.equal(latest('2025-06-01T10:34:59.999Z'), '2025-06-01T09:35:00.000Z');
});

test('a job without a schedule has no slots', () => {
  assert.throws(() => slotForDay('embed_images', '2025-12-31', 'UTC'), /embed_images has no schedule/);
});
