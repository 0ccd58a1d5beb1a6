import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { guardLookup, isForbidden } from './guarded-lookup.ts';

test('link-local and metadata addresses are forbidden in every spelling', () => {
  for (const address of [
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    '[fe80::1]',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    '[fd00:0ec2:0:0:0:0:0:254]',
    '::ffff:169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    '64:ff9b::a9fe:a9fe',
    '100.100.100.200',
  ]) {
    assert.ok(isForbidden(address), address);
  }
  // Other spellings of an address that URLs accept.
  for (const url of [
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://169.254.43518/',
    'http://0251.0376.0251.0376/',
  ]) {
    assert.ok(isForbidden(new URL(url).hostname), url);
  }
});

test('addresses of ordinary servers are allowed', () => {
  for (const host of [
    '127.0.0.1',
    '192.168.1.20',
    '10.0.0.1',
    '::1',
    'fd00::1',
    '169.253.1.1',
    '8.8.8.8',
    'ollama',
    'fe80.example.com',
  ]) {
    assert.ok(!isForbidden(host), host);
  }
});

/** A resolver for these names only. An IP address resolves to itself, as in `dns.lookup`. */
const names: Record<string, LookupAddress[]> = {
  ollama: [{ address: '192.168.1.20', family: 4 }],
  'two-ways': [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ],
  metadata: [{ address: '169.254.169.254', family: 4 }],
  mixed: [
    { address: '10.0.0.1', family: 4 },
    { address: 'fd00:ec2::254', family: 6 },
  ],
};
const guarded = guardLookup((host, { all }, callback) => {
  const found = names[host] ?? (isIP(host) ? [{ address: host, family: isIP(host) }] : []);
  const [first] = found;
  if (!first) callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), []);
  else if (all) callback(null, found);
  else callback(null, first.address, first.family);
});
const look = (host: string, all: boolean, by = guarded) =>
  new Promise((resolve, reject) => {
    by(host, { all }, (error, address, family) =>
      error ? reject(error) : resolve(all ? address : [address, family]),
    );
  });

test('a name is looked up and refused if it resolves to a forbidden address', async () => {
  assert.deepEqual(await look('ollama', false), ['192.168.1.20', 4]);
  assert.deepEqual(await look('two-ways', true), names['two-ways']);
  for (const all of [true, false]) {
    await assert.rejects(look('metadata', all), { reason: 'forbidden_address' });
    await assert.rejects(look('169.254.169.254', all), { reason: 'forbidden_address' });
    await assert.rejects(look('fe80::1', all), { reason: 'forbidden_address' });
    await assert.rejects(look('unknown', all), /ENOTFOUND/);
  }
  await assert.rejects(
    look('mixed', true),
    { reason: 'forbidden_address' },
    'one forbidden address among several is enough',
  );
});

test('by default the machine’s own resolver is used', async () => {
  // It returns an IP address unchanged, without a name server or /etc/hosts.
  assert.deepEqual(await look('127.0.0.1', false, guardLookup()), ['127.0.0.1', 4]);
  await assert.rejects(look('169.254.169.254', true, guardLookup()), { reason: 'forbidden_address' });
});
