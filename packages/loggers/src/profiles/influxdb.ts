import type { Profile } from './profile.ts';

const own = new Set(['', 'result', 'table', '_start', '_stop', '_time', '_value']);

/** Annotated CSV: `#datatype`, `#group` and `#default`, then `_time`, `_value`, `_field`, `_measurement` and tags. */
export const influxdb: Profile = {
  name: 'influxdb',
  title: 'InfluxDB annotated CSV',
  source: 'docs.influxdata.com/influxdb/latest/reference/syntax/annotated-csv',
  recognise({ columns }) {
    if (!columns.includes('_time') || !columns.includes('_value')) return undefined;
    const names = columns.filter((name) => !own.has(name));
    return names.length > 0 ? { timeColumn: '_time', series: { names, value: '_value' } } : undefined;
  },
};
