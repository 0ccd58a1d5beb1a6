import { chinese as alerts } from './chinese/alerts.ts';
import { chinese as jobs } from './chinese/jobs.ts';
import { chinese as quarantine } from './chinese/quarantine.ts';
import { chinese as refusals } from './chinese/refusals.ts';
import { chinese as reports } from './chinese/reports.ts';
import { chinese as runs } from './chinese/runs.ts';
import type { Code } from './english.ts';

/** The same sentences in Chinese. The types keep them in step with the English. */
export const chinese: Record<Code, string> = {
  ...alerts,
  ...jobs,
  ...quarantine,
  ...refusals,
  ...reports,
  ...runs,
};
