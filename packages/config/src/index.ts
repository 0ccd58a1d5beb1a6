export { ConfigError, childEnvironment, describeConfig, readConfig, requireSettings } from './read-config.ts';
export { type Config, keptDays, type Setting } from './settings.ts';
