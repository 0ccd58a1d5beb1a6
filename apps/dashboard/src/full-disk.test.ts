import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { openDashboard } from './testing.ts';

const tokens = { INGEST_TOKEN: 'i'.repeat(20), IMAGE_TOKEN: 'p'.repeat(20) };
const reading = { time: '2025-12-24T00:00:00Z', room: '611', device: 'a', point: 'temperature', value: 17 };

test('below the floor, readings and pictures are refused with 507 and nothing of them is stored', async (t) => {
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
  const { app, pool, store } = await openDashboard(t, { ...tokens, DISK_FLOOR_MIB: '999999999' });
  const host = { host: '127.0.0.1:7300' };
  const readings = () =>
    app.inject({
      method: 'POST',
      url: '/api/readings',
      headers: { ...host, authorization: `Bearer ${tokens.INGEST_TOKEN}` },
      payload: [reading],
    });
  const pictures = await app.inject({
    method: 'POST',
    url: '/api/images?room=611',
    headers: { ...host, authorization: `Bearer ${tokens.IMAGE_TOKEN}`, 'content-type': 'image/jpeg' },
    payload: picture,
  });
  for (const answer of [await readings(), pictures]) {
    assert.equal(answer.statusCode, 507, answer.body);
    assert.equal(answer.headers['retry-after'], '60');
    assert.match(answer.json().error, /MiB left/);
  }
  assert.equal((await pool.query('select from reading')).rowCount, 0);
  const listed: string[] = [];
  for await (const { key } of store.list('')) listed.push(key);
  assert.deepEqual(listed, []);
});

test('a disk that PostgreSQL finds full gives 507 too', async (t) => {
  const { app, pool } = await openDashboard(t, tokens);
  // What PostgreSQL answers when it cannot write. A tablespace of a full disk cannot be made without being root.
  await pool.query(`create function no_room() returns trigger language plpgsql as
    $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
  await pool.query('create trigger no_room before insert on point for each row execute function no_room()');
  const answer = await app.inject({
    method: 'POST',
    url: '/api/readings',
    headers: { host: '127.0.0.1:7300', authorization: `Bearer ${tokens.INGEST_TOKEN}` },
    payload: [reading],
  });
  assert.equal(answer.statusCode, 507, answer.body);
  assert.equal(answer.json().code, 'refused.disk-full');
});
