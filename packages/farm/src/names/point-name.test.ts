import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceTypeOf, pointKey, wrongName } from './point-name.ts';

const name = { room: '611', device: 'left_humidifier_611', point: 'mode' };

test('a device type is the alias without side and room', () => {
  assert.equal(deviceTypeOf('left_humidifier_611', '611'), 'humidifier');
  assert.equal(deviceTypeOf('air_cooler_612', '611'), 'air_cooler_612');
  assert.equal(deviceTypeOf('weather', '611'), 'weather');
  assert.equal(pointKey(name), '611/left_humidifier_611/mode');
});

test('an invalid name is reported with the invalid part', () => {
  assert.equal(wrongName(name), undefined);
  assert.equal(wrongName({ ...name, room: '菇房一' }), undefined);
  assert.match(wrongName({ ...name, device: '' }) ?? '', /no device/);
  assert.match(wrongName({ ...name, point: '<b>' }) ?? '', /not a valid point name/);
});
