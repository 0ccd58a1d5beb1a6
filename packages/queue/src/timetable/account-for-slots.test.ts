import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountForSlots } from './account-for-slots.ts';

const at = (time: string) => new Date(`2025-12-24T${time}Z`);
const due = (...times: string[]) => times.map((time) => ({ slot: at(time), paused: false }));

test('a slot up to 300 s late runs', () => {
  for (const catchUp of ['every-slot', 'latest', 'none'] as const) {
    assert.deepEqual(accountForSlots(due('01:03:20'), at('01:08:20'), catchUp), [
      { slot: at('01:03:20'), action: 'run', cause: 'schedule' },
    ]);
  }
});

test('a later slot is missed, caught up on or coalesced into the newest, depending on its job', () => {
  const slots = due('01:05:00', '02:05:00', '03:05:00');
  const actions = (catchUp: 'every-slot' | 'latest' | 'none') =>
    accountForSlots(slots, at('03:30:00'), catchUp).map(({ action }) => action);
  assert.deepEqual(actions('every-slot'), ['run', 'run', 'run']);
  assert.deepEqual(actions('latest'), ['coalesced', 'coalesced', 'run']);
  assert.deepEqual(actions('none'), ['missed', 'missed', 'missed']);
});

test('a slot of a paused schedule is recorded as paused', () => {
  const slots = [...due('01:05:00'), { slot: at('02:05:00'), paused: true }];
  assert.deepEqual(
    accountForSlots(slots, at('02:06:00'), 'latest').map(({ action }) => action),
    ['run', 'paused'],
  );
});

test('slots older than 31 days are not caught up on', () => {
  const [verdict] = accountForSlots(due('00:00:00'), new Date('2026-02-01T00:00:00Z'), 'every-slot');
  assert.equal(verdict?.action, 'missed');
});
