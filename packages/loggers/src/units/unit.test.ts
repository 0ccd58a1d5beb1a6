import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCell } from '../reader/cell.ts';
import { conversion } from './convert.ts';
import { unitInName } from './unit.ts';

test('a unit of one letter in brackets is read like any other', () => {
  assert.deepEqual(unitInName('Misting (s)'), { unit: 's' });
  assert.deepEqual(unitInName('Misting (h)'), { unit: 'h' });
  assert.deepEqual(unitInName('Battery (V)'), { unit: 'V' });
  assert.deepEqual(unitInName('Temp [C]'), { unit: '°C' });
  assert.deepEqual(unitInName('Probe (1)'), {}, 'a number counts probes');
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
  assert.deepEqual(unitInName('Intensity, lum/ft²'), { unit: 'lm/ft²' });
  assert.equal(conversion('lm/ft²', 'lx')?.convert(10), 107.6391042);
});

test('text in the place of a unit is a unit, a unit that nobody knows, or what was measured', () => {
  assert.deepEqual(unitInName('T (furlong)'), { unknown: 'furlong' });
  assert.deepEqual(unitInName('Temp, °C (LGR S/N: 10, SEN S/N: 11)'), { unit: '°C' });
  assert.deepEqual(unitInName('Light, cd/m²'), { unknown: 'cd/m²' });
  for (const name of [
    'AirTemp (Avg)',
    'T (sensor 2)',
    'T (1a2b)',
    'T (0f3c9a7e-77aa)',
    'T',
    'RH, mean, air, upper',
  ])
    assert.deepEqual(unitInName(name), {}, name);
});
