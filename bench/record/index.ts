export { benchFiles, loadBenches } from './benches.ts';
export { type Circumstances, circumstances, describeMachine } from './circumstances.ts';
export { fingerprint } from './fingerprint.ts';
export { replaceBlock, staleNote, table } from './page.ts';
export * as performancePage from './performance-page.ts';
export { fingerprintOf, type KeptBench } from './rows.ts';
