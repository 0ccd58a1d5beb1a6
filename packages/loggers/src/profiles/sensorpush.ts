import type { Profile } from './profile.ts';

/** `SensorId`, `Observed`, `Temperature (°F)` or `(°C)`, `Relative Humidity (%)`, and computed columns; local time. */
export const sensorpush: Profile = {
  name: 'sensorpush',
  title: 'SensorPush',
  source: 'github.com/octieght18/sleep-replay: backend/ingestion/sensorpush/csv_reader.py',
  recognise({ columns }) {
    if (!columns.includes('SensorId') || !columns.includes('Observed')) return undefined;
    return { timeColumn: 'Observed', ignored: /^SensorId$|dew point|vapor/i };
  },
};
