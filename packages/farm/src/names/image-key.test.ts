import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PermanentError } from '../permanent-error.ts';
import { addDays, type Day, dayOf, localToInstant } from '../time/day.ts';
import { formatImageKey, parseImageKey } from './image-key.ts';

const rules = { timeZone: 'Asia/Shanghai', aliases: { 7: '607', 8: '608' } };
const parse = (key: string) => parseImageKey(key, rules);

test('a key contains room, day, time, in-date, camera and growth day', () => {
  assert.deepEqual(parse('612/20251224/612_1921681235_20251218_20251224160000.jpg'), {
    key: '612/20251224/612_1921681235_20251218_20251224160000.jpg',
    room: '612',
    day: '2025-12-24',
    capturedAt: new Date('2025-12-24T08:00:00Z'),
    batchInDate: '2025-12-18',
    camera: '1921681235',
    growthDay: 7,
    stage: 'normal',
  });
});

test('the ending may be written as cameras and phones do, and the key keeps it', () => {
  for (const ending of ['jpg', 'JPG', 'jpeg', 'JPEG', 'Jpg']) {
    const key = `612/20251224/612_1_20251218_20251224160000.${ending}`;
    const image = parse(key);
    assert.deepEqual([image.key, image.capturedAt], [key, new Date('2025-12-24T08:00:00Z')]);
  }
});

test('the capture time is farm local time', () => {
  const key = '612/20250730/612_1_20250718_20250730233000.jpg';
  const captured = (timeZone: string) => parseImageKey(key, { ...rules, timeZone }).capturedAt.toISOString();
  assert.equal(captured('Asia/Shanghai'), '2025-07-30T15:30:00.000Z');
  assert.equal(captured('Europe/London'), '2025-07-30T22:30:00.000Z');
  assert.equal(captured('America/St_Johns'), '2025-07-31T02:00:00.000Z');
});

test('in the hour that the clock shows twice, the time of storing decides which it was', () => {
  const berlin = { ...rules, timeZone: 'Europe/Berlin' };
  const capturedAt = (time: string, storedAt?: string) =>
    parseImageKey(
      `612/20251026/612_1_20251018_20251026${time}.jpg`,
      berlin,
      storedAt ? new Date(storedAt) : undefined,
    )
      .capturedAt.toISOString()
      .slice(11, 19);
  assert.equal(capturedAt('023010', '2025-10-26T00:30:12Z'), '00:30:10');
  assert.equal(capturedAt('023010', '2025-10-26T01:30:12Z'), '01:30:10');
  assert.equal(capturedAt('023010', '2025-10-26T01:39:00Z'), '01:30:10');
  // Copied in long after: nothing says which it was.
  assert.equal(capturedAt('023010', '2025-10-26T01:41:00Z'), '00:30:10');
  assert.equal(capturedAt('023010'), '00:30:10');
  // Any other hour happens once, whenever it was stored.
  assert.equal(capturedAt('033010', '2025-10-26T02:30:12Z'), '02:30:10');
  assert.equal(capturedAt('013010', '2025-10-26T00:30:12Z'), '23:30:10');
});

test('rooms 7 and 8 are 607 and 608, and the key stays as it is', () => {
  const key = '7/20251224/7_1921681235_20251218_20251224160000.jpg';
  assert.equal(parse(key).room, '607');
  assert.equal(parse(key).key, key);
  assert.equal(parse('8/20251224/8_1_20251218_20251224160000.jpg').room, '608');
  assert.equal(parse('7/20251224/607_1_20251218_20251224160000.jpg').room, '607');
  assert.equal(parseImageKey(key, { ...rules, aliases: {} }).room, '7');
  assert.equal(parse('constructor/20251224/constructor_1_20251218_20251224160000.jpg').room, 'constructor');
});

test('the stage is normal on days 1 to 27', () => {
  const growth = (inDate: string) => {
    const { growthDay, stage } = parse(`612/20251224/612_1_${inDate}_20251224160000.jpg`);
    return [growthDay, stage];
  };
  assert.deepEqual(growth('20251224'), [1, 'normal']);
  assert.deepEqual(growth('20251128'), [27, 'normal']);
  assert.deepEqual(growth('20251127'), [28, 'non_growth']);
  assert.deepEqual(growth('20241224'), [366, 'non_growth']);
});

test('an in-date after the capture is kept, with the stage non_growth', () => {
  const { growthDay, stage, batchInDate } = parse('612/20251224/612_1_20251226_20251224160000.jpg');
  assert.deepEqual([batchInDate, growthDay, stage], ['2025-12-26', -1, 'non_growth']);
});

test('a 7-digit in-date is the latest possible date not after the capture', () => {
  const inDate = (digits: string, captured: string) =>
    parse(`612/${captured}/612_1_${digits}_${captured}160000.jpg`).batchInDate;
  assert.equal(inDate('2025124', '20251224'), '2025-12-04');
  assert.equal(inDate('2025124', '20251204'), '2025-12-04');
  assert.equal(inDate('2025124', '20251203'), '2025-01-24');
  assert.equal(inDate('2025124', '20250124'), '2025-01-24');
  assert.equal(inDate('2025111', '20260101'), '2025-11-01');
  assert.equal(inDate('2025918', '20251001'), '2025-09-18');
  assert.equal(inDate('2025130', '20251231'), '2025-01-30');
  assert.equal(inDate('2025120', '20251231'), '2025-01-20');
  // Both are later than the capture: take the nearer one.
  assert.equal(inDate('2025124', '20250101'), '2025-01-24');
});

test('the folder’s date may differ from the day of capture', () => {
  const { day, growthDay } = parse('612/20251224/612_1_20251218_20251225000003.jpg');
  assert.deepEqual([day, growthDay], ['2025-12-24', 8]);
});

test('an invalid image key is refused permanently, with the reason', () => {
  const wrong: [string, RegExp][] = [
    ['', /is not \{room\}/],
    ['612/20251224/', /is not \{room\}/],
    ['612_1_20251218_20251224160000.jpg', /is not \{room\}/],
    ['612/20251224/612_1_20251218_20251224160000.png', /is not \{room\}/],
    ['612/20251224/612_1_20251218_20251224160000.JPG2', /is not \{room\}/],
    ['612/20251224/612_1_20251218_20251224160000jpg', /is not \{room\}/],
    ['612/20251224/612_1_20251218_20251224160000.jpg.jpg', /capture time/],
    ['612/20251224/612_1_20251218_20251224160000_2.jpg', /is not \{room\}/],
    ['x/612/20251224/612_1_20251218_20251224160000.jpg', /is not \{room\}/],
    ['612/20251224/611_1_20251218_20251224160000.jpg', /folder says room 612, the name 611/],
    ['612/20251224/7_1_20251218_20251224160000.jpg', /folder says room 612, the name 7/],
    ['../20251224/.._1_20251218_20251224160000.jpg', /cannot be a room/],
    ['612/20251324/612_1_20251218_20251224160000.jpg', /folder's date/],
    ['612/20250229/612_1_20251218_20251224160000.jpg', /folder's date/],
    ['612/2025-12-24/612_1_20251218_20251224160000.jpg', /folder's date/],
    ['612/20251224/612_192.168.1.235_20251218_20251224160000.jpg', /camera/],
    ['612/20251224/612__20251218_20251224160000.jpg', /camera/],
    ['612/20251224/612_1_20251318_20251224160000.jpg', /in-date/],
    ['612/20251224/612_1_2025000_20251224160000.jpg', /in-date/],
    ['612/20251224/612_1_202512_20251224160000.jpg', /in-date/],
    ['612/20251224/612_1_20251218_20251224240000.jpg', /capture time/],
    ['612/20251224/612_1_20251218_20251224166000.jpg', /capture time/],
    ['612/20251224/612_1_20251218_19700101000000.jpg', /capture time/],
    ['612/20251224/612_1_20251218_2025122416000.jpg', /capture time/],
    ['612/20251224/612_1_20251218_20250230160000.jpg', /capture time/],
  ];
  for (const [key, reason] of wrong) {
    assert.throws(
      () => parse(key),
      (error) =>
        error instanceof PermanentError &&
        error.permanent &&
        error.message.includes(JSON.stringify(key)) &&
        reason.test(error.reason),
      key,
    );
  }
});

test('a key is not formatted from invalid parts', () => {
  const image = {
    room: '612',
    batchInDate: '2025-12-18',
    capturedAt: new Date('2025-12-24T08:00:00Z'),
    camera: '1',
  };
  const { timeZone } = rules;
  assert.equal(formatImageKey(image, { timeZone }), '612/20251224/612_1_20251218_20251224160000.jpg');
  for (const wrong of [
    { room: '../etc' },
    { room: 'a_b' },
    { camera: '1.2' },
    { batchInDate: '2025-02-30' },
  ]) {
    assert.throws(() => formatImageKey({ ...image, ...wrong }, { timeZone }), PermanentError);
  }
  assert.throws(() => formatImageKey({ ...image, capturedAt: new Date(0) }, { timeZone }), PermanentError);
});

const zones = fc.constantFrom(
  'Asia/Shanghai',
  'Europe/London',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'UTC',
);
const days = fc.integer({ min: 0, max: 36_000 }).map((n): Day => addDays('2000-01-02', n));
const rooms = fc.stringMatching(/^[\p{L}\p{N}][\p{L}\p{N}-]{0,31}$/u);
const cameras = fc.stringMatching(/^\d{1,12}$/);

test('property: an image’s key parses back to the image and formats to the same key', () => {
  const images = fc.record({
    room: rooms,
    camera: cameras,
    batchInDate: days,
    day: days,
    captured: days,
    zone: zones,
  });
  const times = fc.record({
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    second: fc.integer({ min: 0, max: 59 }),
  });
  fc.assert(
    fc.property(images, times, ({ zone, captured, ...image }, time) => {
      const [year, month, day] = captured.split('-').map(Number) as [number, number, number];
      const capturedAt = localToInstant({ year, month, day, ...time }, zone);
      const key = formatImageKey({ ...image, capturedAt }, { timeZone: zone });
      const parsed = parseImageKey(key, { timeZone: zone, aliases: {} });
      assert.deepEqual(
        { ...image, key, capturedAt },
        {
          room: parsed.room,
          camera: parsed.camera,
          batchInDate: parsed.batchInDate,
          day: parsed.day,
          key: parsed.key,
          capturedAt: parsed.capturedAt,
        },
      );
      assert.equal(dayOf(parsed.capturedAt, zone), dayOf(capturedAt, zone));
      assert.equal(formatImageKey(parsed, { timeZone: zone }), key);
    }),
    { numRuns: 1_000 },
  );
});

test('property: any text either throws a PermanentError or parses safely', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '612',
      '7',
      '..',
      '.',
      '',
      '20251224',
      '2025124',
      '20251224160000',
      '1921681235',
      '0',
      '\0',
      '\\',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const keys = fc
    .tuple(part, part, part, part, part, part, fc.constantFrom('.jpg', '', '.jpg/../x', '/.jpg'))
    .map(([a, b, c, d, e, f, end]) => `${a}/${b}/${c}_${d}_${e}_${f}${end}`);
  const mostlyRight = fc
    .tuple(rooms, part)
    .map(([room, odd]) => `${room}/20251224/${room}_1_2025124_20251224160000${odd}.jpg`);
  fc.assert(
    fc.property(fc.oneof(keys, mostlyRight, fc.string({ unit: 'binary' })), (key) => {
      try {
        const parsed = parse(key);
        assert.ok(!parsed.key.includes('..') && !parsed.room.includes('/'));
        assert.ok(Number.isInteger(parsed.growthDay) && !Number.isNaN(parsed.capturedAt.getTime()));
        assert.equal(parsed.stage === 'normal', parsed.growthDay >= 1 && parsed.growthDay <= 27);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
      }
    }),
    { numRuns: 3_000 },
  );
});

test('property: a 7-digit in-date is one of its two possible dates, the later one only when it is not after the capture', () => {
  const digits = fc.integer({ min: 2000_000, max: 2099_999 }).map(String);
  fc.assert(
    fc.property(digits, days, (inDate, captureDay) => {
      const date = captureDay.replaceAll('-', '');
      let parsed: string;
      try {
        parsed = parse(`612/${date}/612_1_${inDate}_${date}120000.jpg`).batchInDate;
      } catch (error) {
        assert.ok(error instanceof PermanentError);
        return;
      }
      const [year, a, b, c] = [inDate.slice(0, 4), inDate[4], inDate[5], inDate[6]];
      const readings = [`${year}-0${a}-${b}${c}`, `${year}-${a}${b}-0${c}`];
      assert.ok(readings.includes(parsed));
      const better = readings.filter(
        (day) =>
          !Number.isNaN(Date.parse(day)) && day <= captureDay && day > parsed && !/-00$|-00-/.test(day),
      );
      assert.deepEqual(
        better.filter((day) => new Date(day).toISOString().startsWith(day)),
        [],
      );
    }),
    { numRuns: 2_000 },
  );
});
