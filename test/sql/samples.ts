import type { Samples } from './find-statements.ts';

/** Sample values for parts of statements known only at run time, by file and source text. */
export const samples: Samples = {
  'manifest.ts': { name: ['image'] },
  'restore.ts': { "name.replaceAll('\"', '\"\"')": ['farm'], locale: [''] },
  'upkeep.ts': { database: ['farm'], index: ['image_pkey'], off: ['enable_seqscan'], name: ['image_pkey'] },
  'models.ts': { modelId: ['1'] },
  'search.ts': { 'query.reach': ['100'], 'Math.trunc(candidates)': ['10'] },
  'partitions.ts': {
    name: ['reading_late'], // its table is created by the statement before
    from: ['2025-01-01'],
    to: ['2025-02-01'],
    'from.slice(0, 10)': ['2025-01-01'],
    'to.slice(0, 10)': ['2025-02-01'],
  },
  'settle.ts': { table: ['reading_late'], name: ['reading_late'] },
  'reading-blocks.ts': { where: ['point_id = 1'] },
  'reading-stream.ts': {
    column: ['first'],
    'blocksBetween(pointIds, from, to)': ["point_id = 1 and day >= '-infinity' and first < '2025-01-01'"],
  },
  'migrate.ts': { "await readFile(new URL(name, folder), 'utf8')": ['select'] }, // migrations are run, not prepared
  'prune.ts': { "unfinished.map((status) => `'${status}'`).join(', ')": ["'running', 'waiting'"] },
  'late-readings.ts': { table: ['reading'] },
  'readings.ts': {
    conflict: ['nothing', 'update set value = excluded.value where reading.value <> excluded.value'],
  },
  'series.ts': { select: ['select 1, now(), 1.0'] }, // its callers are checked
  'env-stats.ts': {
    'isAnyOf(pointIds)': ["point_id = any((select '{1}'::int[])::int[])"],
    'from.toISOString()': ['2025-01-01T00:00:00Z'],
    'to.toISOString()': ['2025-01-02T00:00:00Z'],
    "names.join(', ')": ['room, day, metric, mean'],
    "storedColumns.map(({ type }, n) => `$${n + 1}::${type}[]`).join(', ')": [
      '$1::text[], $2::date[], $3::text[], $4::float8[]',
    ],
    "results.map((name) => `${name} = excluded.${name}`).join(', ')": ['mean = excluded.mean'],
    "results.map((name) => `env_daily_stats.${name}`).join(', ')": ['env_daily_stats.mean'],
    "results.map((name) => `excluded.${name}`).join(', ')": ['excluded.mean'],
  },
};
