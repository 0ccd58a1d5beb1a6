import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../testing/read-text.ts';

const climate = 'mushroom_env_status_611';
const T = `T=${climate}.temperature`;

test('a unit that nobody knows is asked about, wherever the file names it', async () => {
  const files: [string, string][] = [
    ['T (furlong)', 'time,T (furlong)\n2026-06-10 08:00,18.5\n'],
    ['T', 'time,T\n,furlong\n2026-06-10 08:00,18.5\n'],
  ];
  for (const [name, text] of files) {
    const map = `${name}=${climate}.temperature`;
    const asked = await readText(text, { maps: [map] });
    assert.match(
      asked.plan.open.join(),
      /"furlong" is not a known unit. Say which it is, such as --map/,
      name,
    );
    const answered = await readText(text, { maps: [`${map}:°F`] });
    assert.deepEqual([answered.plan.open, answered.found[0]?.value], [[], -7.5], name);
  }
});

test('a name and a line of units that disagree are asked about', async () => {
  const text = 'time,T (°C)\n,°F\n2026-06-10 08:00,64.4\n';
  const { plan } = await readText(text, { maps: [`T (°C)=${climate}.temperature`] });
  assert.match(plan.open.join(), /its name says °C, and the line of units °F/);
});

test('each row of a series is read in its own unit', async () => {
  const rows = [
    '°F,2026-06-10 08:00,64,65,64.4',
    '°C,2026-06-10 09:00,18,19,18.5',
    'mol,2026-06-10 10:00,1,2,1.5',
  ];
  const text = `statistic_id,unit,start,min,max,mean\n${rows.map((row) => `sensor.t,${row}\n`).join('')}`;
  const map = `sensor.t=${climate}.temperature`;
  const { found, report } = await readText(text, { maps: [map] });
  assert.deepEqual(
    found.map(({ value }) => value),
    [18, 18.5],
  );
  assert.deepEqual(report.columns[0]?.leftOut, { 'in mol, not °C': 1 });
  assert.equal(report.columns[0]?.converted, 1);
  const set = await readText(text, { maps: [`${map}:°C`] });
  assert.deepEqual(
    set.found.map(({ value }) => value),
    [64.4, 18.5, 1.5],
    'the user knows better than the file',
  );
});

test('a number with two readings names both, and the option that decides', async () => {
  const text = `time,T\n${'2026-06-10 08:00,18\n'.repeat(3_000)}2026-06-10 09:00,"1,204"\n`;
  const { report } = await readText(text, { maps: [T] });
  assert.match(report.bad[0]?.reason ?? '', /"1,204" can be 1204 \(--decimal \.\) or 1.204 \(--decimal ,\)/);
});
