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
} from './day.ts';
export { firingsBetween, nextFiring, previousFiring } from './firing.ts';
