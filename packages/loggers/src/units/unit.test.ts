import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCell } from '../reader/cell.ts';
import { conversion } from './convert.ts';
import { unitInName } from './unit.ts';

test('a unit of one letter in brackets is read like any other', () => {
  assert.equal(unitInName('Misting (s)'), 's');
  assert.equal(unitInName('Misting (h)'), 'h');
  assert.equal(unitInName('Battery (V)'), 'V');
  assert.equal(unitInName('Temp [C]'), '°C');
  assert.equal(unitInName('Probe (1)'), undefined, 'a number counts probes');
});

test('what no sensor can measure is left out in every unit, not only in degrees', () => {
  const numbers = { decimal: '.', thousands: false } as const;
  for (const [unit, why] of [
    ['°C', 'below absolute zero'],
    ['%', 'below 0 %'],
    ['ppm', 'below 0 ppm'],
    ['lx', 'below 0 lx'],
  ] as const)
    assert.deepEqual(readCell('-25448', { numbers, unit }), { leftOut: why });
});

test('lumens on a square foot are not lux', () => {
  assert.equal(unitInName('Intensity, lum/ft²'), 'lm/ft²');
  assert.equal(conversion('lm/ft²', 'lx')?.convert(10), 107.6391042);
});
