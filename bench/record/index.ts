export { type Circumstances, circumstances, describeMachine } from './circumstances.ts';
export { fingerprint } from './fingerprint.ts';
export { replaceBlock, staleNote, table } from './page.ts';
