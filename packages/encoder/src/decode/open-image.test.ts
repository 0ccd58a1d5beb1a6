import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { photographAs } from '../testing/index.ts';

test('a process that imports the encoder cannot open SVG, TIFF or GIF, nor any file by path', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'loaders-'));
  t.after(() => rm(folder, { recursive: true }));
  const jpeg = await photographAs('jpeg', 64, 48);
  const files = {
    'a.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>',
    'a.tiff': await sharp(jpeg).tiff().toBuffer(),
    'a.gif': await sharp(jpeg).gif().toBuffer(),
    'a.jpg': jpeg,
    'a.png': await sharp(jpeg).png().toBuffer(),
    'a.webp': await sharp(jpeg).webp().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const program = `
    import { readFile } from 'node:fs/promises';
    import sharp from ${JSON.stringify(import.meta.resolve('sharp'))};
    const opens = async () => Object.fromEntries(await Promise.all(${JSON.stringify(Object.keys(files))}.map(
      async (name) => [name, await sharp(await readFile(name)).toBuffer().then(() => true, () => false)])));
    const before = await opens();
    await import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)});
    const byPath = await sharp('a.jpg').toBuffer().then(() => true, () => false);
    console.log(JSON.stringify({ before, after: await opens(), byPath }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: folder,
  });
  const { before, after, byPath } = JSON.parse(stdout);
  const taken = { 'a.jpg': true, 'a.png': true, 'a.webp': true };
  assert.deepEqual(before, { 'a.svg': true, 'a.tiff': true, 'a.gif': true, ...taken });
  assert.deepEqual(after, { 'a.svg': false, 'a.tiff': false, 'a.gif': false, ...taken });
  assert.equal(byPath, false);
});
