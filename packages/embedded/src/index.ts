export { writeHomeEnv } from './home-env.ts';
export { freePort } from './port.ts';
export { ProcessFailed, type ProcessOptions, type RunningProcess, startProcess } from './processes.ts';
export { discardHome, type ServiceOptions, type Services, startServices } from './services.ts';
