import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Code,
  chinese,
  english,
  fill,
  isCode,
  message,
  paramsOf,
  Refusal,
  say,
  sayStored,
} from './index.ts';

const codes = Object.keys(english) as Code[];

test('both languages use the same parameters', () => {
  for (const code of codes) {
    assert.deepEqual([...paramsOf(chinese[code])].sort(), [...paramsOf(english[code])].sort(), code);
  }
});

test('no subject redefines a code of another', async () => {
  const { readdir } = await import('node:fs/promises');
  const folder = new URL('./english/', import.meta.url);
  const subjects: { english: object }[] = await Promise.all(
    (await readdir(folder)).map((name) => import(new URL(name, folder).href)),
  );
  const all = subjects.flatMap((subject) => Object.keys(subject.english));
  assert.deepEqual(all.toSorted(), codes.toSorted());
});

test('a number takes the matching form, grouped according to the language', () => {
  assert.equal(fill('{n:run|runs} of {of}', { n: 1, of: 1200 }), '1 run of 1,200');
  assert.equal(fill('{n:run|runs}', { n: 25_838 }), '25,838 runs');
  assert.equal(fill('{n:次|次}运行', { n: 3 }, 'zh-CN'), '3 次运行');
  assert.equal(fill('room {room}', { room: '0608' }), 'room 0608');
});

test('a message is shown in the requested language', () => {
  const overdue = message('alert.overdue.one', { slot: '2025-12-25 01:03:20' });
  assert.match(say(overdue), /^The run of 2025-12-25 01:03:20 is due/);
  assert.match(say(overdue, 'zh-CN'), /^2025-12-25 01:03:20 的运行已到时间/);
});

test('a parameter that is a code is shown in the requested language', () => {
  const refused = message('refused.picture', { reason: 'reason.truncated' });
  assert.equal(say(refused), 'The image cannot be read: Truncated file');
  assert.equal(say(refused, 'zh-CN'), '图片无法读取：文件不完整');
  assert.equal(sayStored(refused, '', 'zh-CN'), '图片无法读取：文件不完整');
  assert.equal(say(message('refused.picture', { reason: 'toString' })), 'The image cannot be read: toString');
});

test('a code this program does not know falls back to the text that came with it', () => {
  assert.equal(isCode('alert.from-the-future'), false);
  assert.equal(isCode('toString'), false);
  assert.equal(sayStored({ code: 'alert.from-the-future' }, 'In English.', 'zh-CN'), 'In English.');
  assert.equal(sayStored({ code: null, params: null }, 'In English.', 'zh-CN'), 'In English.');
  assert.equal(sayStored({ code: 'refused.login' }, 'Log in first.', 'zh-CN'), '请先登录。');
});

test('a refusal carries its code, and its English sentence as the message', () => {
  const refusal = new Refusal('conflict', 'refused.account-exists', { name: 'mei' });
  assert.equal(refusal.message, 'An account named mei already exists.');
  assert.deepEqual(refusal.asMessage, { code: 'refused.account-exists', params: { name: 'mei' } });
});
