export { type Announcement, type ProcessOptions, startProcess } from './start-process.ts';
