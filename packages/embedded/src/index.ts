export { writeHomeEnv } from './home-env.ts';
export { keepRunning } from './keep-running.ts';
export { freePort } from './port.ts';
export { findPostgresClients } from './postgres-clients.ts';
export { ProcessFailed, startProcess } from './processes.ts';
export { discardHome, type Services, startServices } from './services.ts';
