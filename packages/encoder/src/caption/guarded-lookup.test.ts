import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForbiddenAddress, guardedLookup, isForbidden } from './guarded-lookup.ts';

test('link-local and metadata addresses are forbidden in every way they are written', () => {
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
  // As a URL reads other spellings of a number.
  for (const url of [
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://169.254.43518/',
    'http://0251.0376.0251.0376/',
  ]) {
    assert.ok(isForbidden(new URL(url).hostname), url);
  }
});

test('a server of one’s own is not', () => {
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

test('a name is looked up, and refused for what it turns out to mean', async () => {
  const lookup = (host: string, all: boolean) =>
    new Promise((resolve, reject) => {
      guardedLookup(host, { all }, (error, found) => (error ? reject(error) : resolve(found)));
    });
  assert.match(String(await lookup('localhost', false)), /127\.0\.0\.1|::1/);
  assert.ok(Array.isArray(await lookup('localhost', true)));
  // An address is its own meaning, so the resolver returns it without asking anyone.
  for (const all of [true, false]) {
    await assert.rejects(lookup('169.254.169.254', all), ForbiddenAddress);
    await assert.rejects(lookup('fe80::1', all), ForbiddenAddress);
  }
});
