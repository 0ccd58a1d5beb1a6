import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gaussians, seededRandom } from '@mycelium/encoder/random';
import {
  cholesky,
  crossProduct,
  diagonal,
  matrix,
  product,
  solve,
  solveLower,
  sum,
  transposed,
} from './matrix.ts';

const random = seededRandom(3);
const drawn = gaussians(random, 20 * 7, 1);
const tall = matrix(20, 7, (row, column) => drawn[row * 7 + column] as number);
const square = sum([1, crossProduct(tall, tall)], [0.1, diagonal(7, 1)]);
const near = (a: Float64Array, b: Float64Array) =>
  assert.ok(a.every((value, i) => Math.abs(value - (b[i] as number)) < 1e-9));

test('the cross product is the product with the transpose', () => {
  near(crossProduct(tall, tall).values, product(transposed(tall), tall).values);
});

test('a Cholesky factor times its transpose is the matrix', () => {
  const lower = cholesky(square);
  near(product(lower, transposed(lower)).values, square.values);
});

test('the solution times the matrix is the right side', () => {
  const right = transposed(matrix(3, 7, (row, column) => row - column * 0.5));
  near(product(square, solve(square, right)).values, right.values);
  const lower = cholesky(square);
  near(product(lower, solveLower(lower, right)).values, right.values);
});

test('a matrix that is not positive definite has no factor', () => {
  assert.throws(() => cholesky(diagonal(2, -1)), /positive definite/);
});
