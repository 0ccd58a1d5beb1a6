import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BandRule, bandAt, bandPieces } from './band.ts';

const bounds = { start: new Date('2026-03-03T00:00:00Z'), end: new Date('2026-03-04T00:00:00Z') };
const noon = Date.parse('2026-03-03T12:00:00Z');

function rule(change: Partial<BandRule>): BandRule {
  return {
    room: '*',
    metric: 'temperature',
    fromDay: 10,
    toDay: 20,
    low: 15,
    high: 18.5,
    validFrom: -Infinity,
    ...change,
  };
}

const pieces = (rules: BandRule[], growthDay: number | undefined, room = '611') =>
  bandPieces(rules, { room, metric: 'temperature', growthDay }, bounds).map(({ from, band }) => [
    new Date(from).getUTCHours(),
    band?.low,
    band?.high,
  ]);

test('a band applies only on its growth days', () => {
  assert.deepEqual(pieces([rule({})], 10), [[0, 15, 18.5]]);
  assert.deepEqual(pieces([rule({})], 9), [[0, undefined, undefined]]);
  assert.deepEqual(pieces([rule({})], undefined), [[0, undefined, undefined]]);
});

test('a room’s own band takes precedence over the band for all rooms', () => {
  const rules = [rule({}), rule({ room: '611', low: 16 }), rule({ room: '612', low: 17 })];
  assert.deepEqual(pieces(rules, 12), [[0, 16, 18.5]]);
  assert.deepEqual(pieces(rules, 12, '607'), [[0, 15, 18.5]]);
});

test('a band changed during the day applies from then on, and old days keep their version', () => {
  const rules = [rule({}), rule({ low: 16, validFrom: noon })];
  assert.deepEqual(pieces(rules, 12), [
    [0, 15, 18.5],
    [12, 16, 18.5],
  ]);
  const later = [rule({}), rule({ low: 16, validFrom: bounds.end.getTime() })];
  assert.deepEqual(pieces(later, 12), [[0, 15, 18.5]]);
});

test('if two bands cover a day, the one with the later first day applies, even if the other is newer', () => {
  const rules = [
    rule({ fromDay: 1, toDay: 27, low: 10, validFrom: noon }),
    rule({ fromDay: 10, toDay: 20, low: 15 }),
    rule({ fromDay: 12, toDay: 12, low: 16 }),
  ];
  assert.deepEqual(pieces(rules, 12), [
    [0, 16, 18.5],
    [12, 16, 18.5],
  ]);
  assert.deepEqual(pieces(rules, 11).at(-1), [12, 15, 18.5]);
  assert.deepEqual(pieces(rules, 5).at(-1), [12, 10, 18.5]);
});

test('a new version that covers fewer days ends the old one', () => {
  const rules = [rule({}), rule({ toDay: 15, validFrom: noon })];
  assert.deepEqual(pieces(rules, 18), [
    [0, 15, 18.5],
    [12, undefined, undefined],
  ]);
});

test('the band at an instant is the band of its piece', () => {
  const rules = [rule({}), rule({ room: '611', low: 16, validFrom: noon })];
  const place = { room: '611', metric: 'temperature', growthDay: 12 } as const;
  assert.deepEqual(bandAt(rules, place, new Date(noon - 1)), { low: 15, high: 18.5 });
  assert.deepEqual(bandAt(rules, place, new Date(noon)), { low: 16, high: 18.5 });
  assert.equal(bandAt(rules, { ...place, growthDay: undefined }, new Date(noon)), undefined);
});
