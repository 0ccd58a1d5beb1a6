import * as alerts from './subjects/alerts.ts';
import * as jobs from './subjects/jobs.ts';
import * as quarantine from './subjects/quarantine.ts';
import * as refusals from './subjects/refusals.ts';
import * as reports from './subjects/reports.ts';
import * as runs from './subjects/runs.ts';

/** Every sentence that servers and pages share. The types keep the Chinese in step with the English. */
export const english = {
  ...alerts.english,
  ...jobs.english,
  ...quarantine.english,
  ...refusals.english,
  ...reports.english,
  ...runs.english,
};

export type Code = keyof typeof english;

export const chinese: Record<Code, string> = {
  ...alerts.chinese,
  ...jobs.chinese,
  ...quarantine.chinese,
  ...refusals.chinese,
  ...reports.chinese,
  ...runs.chinese,
};
