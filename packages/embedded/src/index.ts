export { removeHomeEnv, writeHomeEnv } from './home-env.ts';
export { HomeInUse } from './home-lock.ts';
export { freePort } from './port.ts';
export { ProcessFailed, type ProcessOptions, type RunningProcess, startProcess } from './processes.ts';
export { NoServers } from './server-programs.ts';
export { discardHome, type ServiceOptions, type Services, startServices } from './services.ts';
