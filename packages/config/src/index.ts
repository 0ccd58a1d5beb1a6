export {
  ConfigError,
  childEnvironment,
  describeConfig,
  listSettings,
  readConfig,
  requireSettings,
} from './read-config.ts';
export { type Config, keptDays, type Setting } from './settings.ts';
