import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chinese, english } from '@mycelium/words';
import { type JobName, jobNames, jobs } from './jobs.ts';

// A job without a title in both languages does not compile.
const titles: { [language: string]: Record<`job.${JobName}`, string> } = { english, chinese };

test('the catalogue and the words agree on the title of every job', () => {
  for (const name of jobNames) assert.equal(titles.english?.[`job.${name}`], jobs[name].title);
});
