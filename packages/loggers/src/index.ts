export { commandLine, planArguments } from './plan/command.ts';
export { describeLayout } from './plan/describe-layout.ts';
export { makePlan } from './plan/make-plan.ts';
export type { ReadingOptions } from './plan/options.ts';
export type { Plan } from './plan/plan.ts';
export { profiles } from './profiles/all.ts';
export type { FoundReading, TimeJudge } from './reader/emit.ts';
export { createFileReader } from './reader/read-file.ts';
export type { ColumnReport, FileReport } from './reader/report.ts';
