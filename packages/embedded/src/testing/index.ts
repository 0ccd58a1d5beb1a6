export { findProgram, output } from '../command.ts';
export { createCluster } from './cluster.ts';
export { copyAsReplica } from './replica.ts';
export { startS3 } from './start-s3.ts';
export { createTestHome } from './test-home.ts';
export { testPrograms } from './test-programs.ts';
export { unpackTestTool } from './unpack-test-tool.ts';
