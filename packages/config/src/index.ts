export { fullDisk, fullestDisk, isLow, mib } from './disk-space.ts';
export {
  ConfigError,
  childEnvironment,
  describeConfig,
  listSettings,
  readConfig,
  requireSettings,
  sayMisspelt,
} from './read-config.ts';
export { readRedisAddress } from './redis-address.ts';
export { type Config, keptDays, readingTimes, type Setting } from './settings.ts';
