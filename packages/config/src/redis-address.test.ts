import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from './read-config.ts';
import { readRedisAddress } from './redis-address.ts';

test('one server, with and without TLS', () => {
  assert.deepEqual(readRedisAddress('redis://:pass%20word@host:7000/2'), {
    kind: 'single',
    nodes: [{ host: 'host', port: 7_000 }],
    options: { password: 'pass word', db: 2 },
  });
  assert.deepEqual(readRedisAddress('rediss://user:secret@host'), {
    kind: 'single',
    nodes: [{ host: 'host', port: 6_379 }],
    options: { username: 'user', password: 'secret', tls: {} },
  });
});

test('a cluster is given by one node, plus others in case it is down', () => {
  assert.deepEqual(readRedisAddress('rediss+cluster://:secret@a:7000?nodes=b:7001,[::1]:7002'), {
    kind: 'cluster',
    nodes: [
      { host: 'a', port: 7_000 },
      { host: 'b', port: 7_001 },
      { host: '::1', port: 7_002 },
    ],
    options: { password: 'secret', tls: {} },
  });
});

test('Sentinels are asked for the primary by name', () => {
  assert.deepEqual(readRedisAddress('redis+sentinel://:secret@a/farm?nodes=b,c:26380'), {
    kind: 'sentinel',
    name: 'farm',
    nodes: [
      { host: 'a', port: 26_379 },
      { host: 'b', port: 26_379 },
      { host: 'c', port: 26_380 },
    ],
    options: { password: 'secret' },
  });
  assert.throws(() => readRedisAddress('redis+sentinel://a'), /redis\+sentinel:\/\/host:26379\/NAME/);
});

test('an address that cannot be used says what is expected, also among the settings', () => {
  const wrong = {
    'redis://:100%@host': /% is written as %25/,
    'redis://host/first': /number of a database/,
    'redis+cluster://a?nodes=b,,c': /nodes such as/,
    'redis+sentinel://a': /name of the primary/,
  };
  for (const [address, expected] of Object.entries(wrong)) {
    assert.throws(() => readRedisAddress(address), expected);
    assert.throws(() => readConfig({ MYCELIUM_HOME: '/nowhere', REDIS_URL: address }), expected);
  }
});
