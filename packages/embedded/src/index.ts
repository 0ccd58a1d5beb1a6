export { writeHomeEnv } from './home-env.ts';
export { freePort } from './port.ts';
export { ProcessFailed, type RunningProcess, startProcess } from './processes.ts';
export { discardHome, type Services, startServices } from './services.ts';
