import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { childEnvironment } from '@mycelium/config';
import { createTestDatabase } from '@mycelium/database/testing';

const main = new URL('./main.ts', import.meta.url).pathname;
const hobo =
  '"Plot Title: Room 611"\n"#","Date Time, GMT+08:00","Temp, °F (LGR S/N: 1)"\n1,06/25/26 10:00:00 AM,64.4\n2,06/25/26 10:05:00 AM,\n';
const own = 'Zeit;Temp;Klappe\n13.06.2026 08:00;18,5;0\n13.06.2026 08:01;---;0\n';

test('files are previewed, proposed, saved as a profile, and imported', async (t) => {
  const pool = await createTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-files-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'hobo.csv'), hobo);
  await writeFile(join(folder, 'own.csv'), own);
  const env = childEnvironment({
    MYCELIUM_HOME: folder,
    DATABASE_URL: String(pool.options.connectionString),
    TZ: 'Asia/Shanghai',
  });
  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((done) => {
      execFile(
        process.execPath,
        [main, 'import', 'readings', ...args],
        { env, cwd: folder },
        (error, out, err) => done({ code: Number(error?.code ?? 0), out, err }),
      );
    });
  const stored = async () => Number((await pool.query('select count(*) as n from reading')).rows[0].n);

  await t.test('a preview shows how a file would be read, and stores nothing', async () => {
    const { code, out } = await run('hobo.csv', '--room', '611', '--preview');
    assert.equal(code, 0);
    assert.match(out, /HOBOware \(profile hoboware\)/);
    assert.match(out, /°F → °C +1 /);
    assert.match(out, /--map 'Temp, °F \(LGR S\/N: 1\)=mushroom_env_status_611.temperature:°F'/);
    const [json] = JSON.parse((await run('hobo.csv', '--room', '611', '--preview', '--json')).out);
    assert.deepEqual([json.profile, json.readings, json.open], ['hoboware', 1, []]);
    assert.equal(await stored(), 0);
  });

  await t.test('a recognised file and its room are enough', async () => {
    const { code, out } = await run('hobo.csv', '--room', '611');
    assert.equal(code, 0);
    assert.match(out, /1 reading: 1 new, 0 changed/);
    const { rows } = await pool.query('select ts, value from reading');
    assert.deepEqual(rows, [{ ts: new Date('2026-06-25T02:00:00Z'), value: 18 }]);
  });

  await t.test('another file gets a proposal, and exit code 2 where nobody can be asked', async () => {
    const { code, out, err } = await run('own.csv', '--room', '608');
    assert.equal(code, 2);
    assert.match(out, /--time-format 'D.M.YYYY H:mm'/);
    assert.match(err, /nothing was imported/);
    const json = await run('own.csv', '--room', '608', '--json');
    assert.equal(json.code, 2);
    assert.ok(JSON.parse(json.out)[0].command.includes('Temp=mushroom_env_status_608.temperature'));
    assert.equal(await stored(), 1);
  });

  await t.test('a saved profile reads the next file, of another room', async () => {
    const map = ['--map', 'Temp=mushroom_env_status_608.temperature'];
    assert.equal((await run('own.csv', '--room', '608', ...map, '--save-profile', 'klima')).code, 0);
    const { code, out } = await run('own.csv', '--room', '612', '--profile', 'klima', '--json');
    assert.equal(code, 0);
    const [report] = JSON.parse(out);
    assert.deepEqual([report.inserted, report.columns[0].nothing], [1, { '---': 1 }]);
    assert.equal(report.columns[0].point.device, 'mushroom_env_status_612');
    const unknown = await run('own.csv', '--profile', 'mine');
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /Profiles are klima, hoboware/);
  });
});
