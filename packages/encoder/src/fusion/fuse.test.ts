import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../random.ts';
import { dimensions, fuse, normalise } from './fuse.ts';

const random = seededRandom(7);
const vector = () => Float32Array.from({ length: dimensions }, () => random() * 4 - 2);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const axis = (at: number, value = 1) => new Float32Array(dimensions).fill(value, at, at + 1);

test('normalising sets the length to one and keeps the direction', () => {
  const long = vector();
  const unit = normalise(long);
  assert.ok(Math.abs(dot(unit, unit) - 1) < 1e-6);
  assert.ok(Math.abs(dot(unit, long) - Math.sqrt(dot(long, long))) < 1e-4);
});

test('seven parts image and three parts text, whatever their lengths', () => {
  const fused = fuse(axis(0, 250), axis(1, 0.001));
  const length = Math.hypot(0.7, 0.3);
  assert.ok(Math.abs((fused[0] ?? 0) - 0.7 / length) < 1e-6);
  assert.ok(Math.abs((fused[1] ?? 0) - 0.3 / length) < 1e-6);
  assert.deepEqual(fused.subarray(2), new Float32Array(dimensions - 2));
});

test('a fused vector is nearer to its image than to its text', () => {
  for (let n = 0; n < 100; n++) {
    const [image, text] = [normalise(vector()), normalise(vector())];
    const fused = fuse(image, text);
    assert.ok(Math.abs(dot(fused, fused) - 1) < 1e-6);
    assert.ok(dot(fused, image) > dot(fused, text));
  }
});

test('vectors without a direction, or of another size, are refused', () => {
  const good = vector();
  for (const bad of [
    new Float32Array(dimensions),
    good.with(3, Number.NaN),
    good.with(3, Number.POSITIVE_INFINITY),
    new Float32Array(511).fill(1),
    new Float32Array(0),
  ]) {
    assert.throws(() => normalise(bad), RangeError);
    assert.throws(() => fuse(bad, good), RangeError);
    assert.throws(() => fuse(good, bad), RangeError);
  }
});
