export { ConfigError, childEnvironment, describeConfig, readConfig, requireSettings } from './read-config.ts';
export type { Config, Setting } from './settings.ts';
