import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from './password.ts';

test('a hash matches only its own password, and two hashes of one password differ', async () => {
  const [hash, other] = await Promise.all([hashPassword('cloud ears'), hashPassword('cloud ears')]);
  assert.notEqual(hash, other);
  assert.ok(!hash.includes('cloud'));
  assert.equal(await verifyPassword('cloud ears', hash), true);
  assert.equal(await verifyPassword('cloud ear', hash), false);
});

test('an account that does not exist cannot be logged in to', async () => {
  assert.equal(await verifyPassword('', undefined), false);
});
