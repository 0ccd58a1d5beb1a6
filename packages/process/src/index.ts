export { startProcess } from './start-process.ts';
