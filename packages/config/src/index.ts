export {
  ConfigError,
  childEnvironment,
  describeConfig,
  listSettings,
  misspelt,
  readConfig,
  requireSettings,
} from './read-config.ts';
export { type Config, keptDays, readingTimes, type Setting } from './settings.ts';
