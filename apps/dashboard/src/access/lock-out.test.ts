import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLockOut } from './lock-out.ts';

test('the sixth guess has to wait, and the wait ends', () => {
  let now = Date.parse('2026-03-10T08:00:00Z');
  const lockOut = createLockOut(() => now);
  for (let guess = 0; guess < 5; guess++) assert.equal(lockOut.attempt('owner', '10.0.0.1'), 0);
  assert.equal(lockOut.attempt('owner', '10.0.0.1'), 900);
  now += 901_000;
  assert.equal(lockOut.attempt('owner', '10.0.0.1'), 0);
});

test('a stranger does not lock the owner out', () => {
  const lockOut = createLockOut(() => 0);
  for (let guess = 0; guess < 10; guess++) lockOut.attempt('owner', '10.0.0.66');
  assert.equal(lockOut.attempt('owner', '10.0.0.1'), 0);
});

test('guesses spread over names or addresses are stopped too', () => {
  const lockOut = createLockOut(() => 0);
  for (let name = 0; name < 20; name++) lockOut.attempt(`name ${name}`, '10.0.0.66');
  assert.ok(lockOut.attempt('another', '10.0.0.66') > 0);
  for (let address = 0; address < 50; address++) lockOut.attempt('owner', `10.0.1.${address}`);
  assert.ok(lockOut.attempt('owner', '10.0.2.1') > 0);
});

test('logging in often is not counted as guessing', () => {
  const lockOut = createLockOut(() => 0);
  for (let visit = 0; visit < 100; visit++) {
    assert.equal(lockOut.attempt('owner', '10.0.0.1'), 0);
    lockOut.succeeded('owner', '10.0.0.1');
  }
});
