import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from './explore.ts';
import { type Farm, newFarm } from './farm-state.ts';
import { lockedProtocol, unlockedProtocol } from './protocols.ts';

for (const slots of [2, 3]) {
  test(`${slots} slots and 2 workers: at most one run is alive, and every slot can end`, (t) => {
    const { states, twoAlive, deadlock } = explore(lockedProtocol, newFarm(slots, 2));
    t.diagnostic(`${states} states`);
    assert.equal(twoAlive, undefined);
    assert.equal(deadlock, undefined);
    assert.ok(states > 1_000);
  });
}

test('without the lock in `end`, two runs wait for each other forever', (t) => {
  const { deadlock } = explore(unlockedProtocol, newFarm(2, 2));
  t.diagnostic(`${deadlock?.join(', ')}`);
  assert.ok(deadlock);
});

test('with the lock alone, a worker whose lease was taken over for another slot makes two runs alive', () => {
  const { twoAlive } = explore({ ...lockedProtocol, end: unlockedProtocol.end }, newFarm(2, 2));
  assert.ok(twoAlive);
});

test('a farm that the previous release left with two waiting runs recovers', () => {
  const asleep = (epoch: number) =>
    ({ status: 'waiting', epoch, job: 'ready', batches: 'done' }) satisfies Farm['slots'][number];
  const stuck: Farm = { ...newFarm(2, 2), slots: [asleep(1), asleep(2)] };
  assert.ok(explore(unlockedProtocol, stuck).deadlock);
  assert.equal(explore(lockedProtocol, stuck).deadlock, undefined);
});
