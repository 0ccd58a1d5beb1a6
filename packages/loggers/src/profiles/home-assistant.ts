import type { Profile } from './profile.ts';

/** The download of the history page: `entity_id,state,last_changed`, times in UTC. */
export const homeAssistantHistory: Profile = {
  name: 'home-assistant-history',
  title: 'Home Assistant history',
  source: 'github.com/home-assistant/frontend: src/panels/history/ha-panel-history.ts',
  recognise({ columns }) {
    if (!['entity_id', 'state', 'last_changed'].every((name) => columns.includes(name))) return undefined;
    return { timeColumn: 'last_changed', series: { names: ['entity_id'], value: 'state' } };
  },
};

/** Hourly statistics: `statistic_id`, `unit`, `start`, `min`, `max`, `mean`; the mean is read, at the hour's start. */
export const homeAssistantStatistics: Profile = {
  name: 'home-assistant-statistics',
  title: 'Home Assistant statistics',
  source: 'github.com/klausj1/homeassistant-statistics: assets/min_max_mean.tsv',
  recognise({ columns }) {
    if (!['statistic_id', 'unit', 'start', 'mean'].every((name) => columns.includes(name))) return undefined;
    return { timeColumn: 'start', series: { names: ['statistic_id'], value: 'mean', unit: 'unit' } };
  },
};
