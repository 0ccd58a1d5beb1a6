import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityText } from './identity-text.ts';

const image = { room: '611', stage: 'normal', growthDay: 12 } as const;

test('room, stage, day and climate make two sentences', () => {
  assert.equal(
    identityText({ ...image, climate: { temperature: 18.4, humidity: 90.5, co2: 2494 } }),
    'Mushroom Room 611, normal stage, Day 12. Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.',
  );
});

test('without readings there is no second sentence', () => {
  assert.equal(
    identityText({ room: '8', stage: 'non_growth', growthDay: 31 }),
    'Mushroom Room 8, non_growth stage, Day 31.',
  );
  assert.equal(identityText({ ...image, climate: {} }), 'Mushroom Room 611, normal stage, Day 12.');
});

test('the text contains only what was measured', () => {
  assert.match(identityText({ ...image, climate: { humidity: 90 } }), / Humidity: 90\.0%\.$/);
  assert.match(
    identityText({ ...image, climate: { temperature: 18, co2: 1999.6 } }),
    /\. Temperature: 18\.0C, CO2: 2000ppm\.$/,
  );
});

test('a dropout or a faulty value counts as not measured', () => {
  const climate = { temperature: Number.NaN, humidity: 130, co2: 0 };
  assert.equal(identityText({ ...image, climate }), 'Mushroom Room 611, normal stage, Day 12.');
});

test('a humidity of 100 to 110 % is saturated air: 100 %', () => {
  assert.match(identityText({ ...image, climate: { humidity: 104.2 } }), / Humidity: 100\.0%\.$/);
});

test('values are rounded to a tenth, and never written as minus zero', () => {
  assert.match(identityText({ ...image, climate: { temperature: -0.04 } }), / Temperature: 0\.0C\.$/);
  assert.match(identityText({ ...image, climate: { temperature: -1.26 } }), / Temperature: -1\.3C\.$/);
  assert.match(identityText({ ...image, climate: { temperature: 18.449999 } }), / Temperature: 18\.4C\.$/);
});
