import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';

test('an error in a field is logged with its message and its causes, and its stack if it is unexpected', () => {
  const { format } = createLogger({ service: 'test', level: 'info', format: 'json' });
  const error = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  const line = (level: string) => {
    const info = format.transform({ level, message: 'a request failed', error });
    return JSON.parse((info as { [key: symbol]: string })[Symbol.for('message')] as string);
  };
  assert.equal(line('warn').error, 'TypeError: fetch failed; because of Error: connect ECONNREFUSED');
  assert.equal(line('warn').stack, undefined);
  assert.match(line('error').stack, /logger\.test\.ts/);
});
