import type { Profile } from './profile.ts';

/** `timestamp (UTC)` and one measurement. */
export const mycodo: Profile = {
  name: 'mycodo',
  title: 'Mycodo',
  source: 'github.com/kizniche/Mycodo: mycodo/mycodo_flask/routes_general.py, export_data',
  recognise({ columns }) {
    return columns[0] === 'timestamp (UTC)' && columns.length === 2
      ? { timeColumn: 'timestamp (UTC)', zone: 'UTC' }
      : undefined;
  },
};
