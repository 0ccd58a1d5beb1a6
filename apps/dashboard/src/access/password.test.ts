import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, verifyPassword } from './password.ts';

test('a password is known by its hash, another is not, and two hashes of one differ', async () => {
  const [hash, other] = await Promise.all([hashPassword('cloud ears'), hashPassword('cloud ears')]);
  assert.notEqual(hash, other);
  assert.ok(!hash.includes('cloud'));
  assert.equal(await verifyPassword('cloud ears', hash), true);
  assert.equal(await verifyPassword('cloud ear', hash), false);
});

test('nobody logs in to an account that does not exist', async () => {
  assert.equal(await verifyPassword('', undefined), false);
});
