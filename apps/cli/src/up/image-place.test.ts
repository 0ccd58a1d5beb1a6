import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkImagePlace } from './image-place.ts';

test('a farm stays with the folder or the S3 server that it began with', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'mycelium-home-'));
  t.after(() => rm(home, { recursive: true }));
  const place = (s3: boolean, given = {}) => checkImagePlace({ MYCELIUM_HOME: home, ...given }, s3);
  await mkdir(join(home, 'images'));
  await place(false);
  await place(true);
  await writeFile(join(home, 'images', 'x.jpg'), '');
  await place(false);
  await assert.rejects(place(true), /are in \S+images\. Leave out --s3/);

  await rm(join(home, 'images'), { recursive: true });
  await mkdir(join(home, 's3'));
  await place(true);
  await assert.rejects(place(false), /in its S3 server\. Add --s3/);
  await place(false, { IMAGE_DIR: '/srv/images' });
  await assert.rejects(place(true, { IMAGE_DIR: '/srv/images' }), /IMAGE_DIR is set/);
});
