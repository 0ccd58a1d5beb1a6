export { type Band, type BandPiece, type BandRule, bandAt, bandPieces } from './climate/band.ts';
export { climateDevice, type Metric, metrics } from './climate/metric.ts';
export {
  isPlausibleRange,
  plausible,
  plausibleSql,
  readValue,
  readValueSql,
  readValues,
  topOfScale,
} from './climate/plausible.ts';
export {
  canFreeze,
  daysToLearnFrom,
  learnSensor,
  type Sampling,
  type SensorDay,
  type SensorProperties,
  type SensorRule,
  samplings,
  sensorProperties,
  sensorRulesAt,
  unexplainedStillness,
} from './climate/sensor.ts';
export { type GoodReadings, observeSensor, stillPause } from './climate/sensor-day.ts';
export { type Phase, phaseOf } from './growth/phase.ts';
export {
  formatImageKey,
  type ImageKey,
  isRoom,
  type KeyRules,
  parseImageKey,
  readImageKey,
  realRoom,
} from './names/image-key.ts';
export { dayDigits } from './names/key-dates.ts';
export { deviceTypeOf, type NamedPoint, type PointName, pointKey, wrongName } from './names/point-name.ts';
export { PermanentError } from './permanent-error.ts';
export { litShare } from './pictures/lit.ts';
export { type Only, onlyChoices } from './runs/only.ts';
export { isUnfinished, type RunStatus, runStatuses, unfinished } from './runs/status.ts';
export {
  addDays,
  type Day,
  dayBounds,
  dayOf,
  daysApart,
  daysBetween,
  formatLocal,
  instantToLocal,
  isDay,
  type LocalTime,
  localToInstant,
} from './time/day.ts';
export { firingsBetween, nextFiring, previousFiring } from './time/firing.ts';
export {
  type ImplausibleTime,
  implausibleTimes,
  judgeReadingTimes,
  type ReadingTimes,
} from './time/reading-time.ts';
