import { english as alerts } from './english/alerts.ts';
import { english as jobs } from './english/jobs.ts';
import { english as quarantine } from './english/quarantine.ts';
import { english as refusals } from './english/refusals.ts';
import { english as reports } from './english/reports.ts';
import { english as runs } from './english/runs.ts';

/** Every sentence that servers and pages share, in English. */
export const english = { ...alerts, ...jobs, ...quarantine, ...refusals, ...reports, ...runs };

export type Code = keyof typeof english;
