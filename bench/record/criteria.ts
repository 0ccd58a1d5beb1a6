/** What a row must reach: at least `naive` times the naive method, and at least the share `limit` of the limit. */
export interface Criterion {
  id: string;
  case: string;
  naive: number | null;
  limit: number | null;
}

const hold = (id: string, name: string, naive: number | null, limit: number | null): Criterion => ({
  id,
  case: name,
  naive,
  limit,
});

export const criteria: Criterion[] = [
  hold('P1', 'hd q8', 2.5, 0.9),
  hold('P1', '12mp q8', 2.5, 0.9),
  hold('P1', 'hd fp32', 1.4, 0.9),
  hold('P1', '12mp fp32', 2.5, 0.9),
  ...['hd q8', '12mp q8', 'hd fp32', '12mp fp32'].map((name) =>
    hold('P1', `${name}: event loop held, p99`, null, 1),
  ),
  hold('P1', 'hd q8: 200 ms a read', null, 0.9),
  hold('P1', '12mp q8: 200 ms a read', null, 0.9),
  hold('P2', '500 rows a statement', 25, 0.7),
  hold('P3', '100 rooms in a month of 13 million', 8, 0.125),
  hold('P3', '10 rooms', 5, 0.125),
  hold('P3', '1,000 rooms', 5, 0.125),
  hold('P3', '100 rooms, settled', 8, null),
  hold('P3', 'reading 1,000 rooms settled, cold, against rows', 3, null),
  hold('P4', '100 rooms, an hour', 8, 0.2),
  hold('P4', '100 rooms, a day', 8, 0.2),
  hold('P4', '10 rooms, an hour', 8, 0.2),
  hold('P4', '1,000 rooms, an hour', 8, 0.2),
  hold('P5', 'adding, against a job an image', 8, null),
  hold('P5', 'adding, against the same batches in a loop', 8, null),
  hold('P5', 'through the queue', null, 1),
  hold('P6', 'whole farm', 6, null),
  hold('P6', 'whole farm: recall@10', null, 1),
  hold('P6', 'whole farm: p95', null, 1),
  hold('P6', 'one room: recall@10', null, 1),
  hold('P6', 'one room: recall@10 against 32 bits', null, 1),
  hold('P6', 'one room: p95', null, 1),
  hold('P6', '95 % deleted, not vacuumed: recall@10', null, 1),
  hold('P6', '95 % deleted, not vacuumed: p95', null, 1),
  hold('P6', 'an image', null, 1),
  ...['100,000', '300,000', '1,000,000'].map((size) => hold('P7', `${size} images: memory`, null, 1)),
  hold('P8', '2 workers', 1.95, null),
  hold('P8', '4 workers', 3.8, null),
  hold('P8', '8 workers', 7.2, null),
  hold('P9', 'npm start again', null, 1),
  hold('P9', 'the scheduler alone', null, 1),
  ...['demo farm', 'jittered timestamps', 'report on change'].map((name) => hold('P10', name, null, 1)),
  hold('P11', 'settling', null, 1),
  hold('P11', 'writes meanwhile', null, 0.8),
  hold('P12', 'a month of a room', null, 1),
  hold('P12', '2 years of a room', null, 1),
  hold('P13', 'against Parquet (zstd)', null, 0.5),
  hold('P14', 'one every half second: p95', null, 1),
  hold('P14', '1,000 at once: p95', null, 1),
  hold('API', 'p95 of the slowest', null, 1),
  hold('API', 'a month of a room', null, 1),
  hold('API', 'a month of a room, over the wire', null, 1),
];

export function criterionOf(id: string, name: string): Criterion {
  const found = criteria.find((criterion) => criterion.id === id && criterion.case === name);
  return found ?? hold(id, name, null, null);
}

/** What each benchmark compares with. */
export const comparisons: Record<string, { naive: string; limit: string }> = {
  P1: { naive: 'one image at a time', limit: 'decoding and the model alone; a fast store; 50 ms' },
  P2: { naive: 'an INSERT a row', limit: '`insert … select`' },
  P3: { naive: 'fetching rows as objects', limit: 'a bare `sum`' },
  P4: { naive: 'a query a point', limit: 'a bare `sum`' },
  P5: { naive: 'as the case says', limit: '1 % of the image’s own time' },
  P6: { naive: 'exact comparison, 32 bits', limit: '50 ms; recall 0.99 and 1; the bare scan; 4.5 kB' },
  P7: { naive: '–', limit: 'the rate of the smallest day; 300 MB' },
  P8: { naive: 'one worker', limit: 'so many times one worker' },
  P9: { naive: '–', limit: '5 s; 1 s' },
  P10: { naive: 'rows, with their index', limit: '4, 9 and 12 bytes' },
  P11: { naive: '–', limit: '300,000/s; the same client undisturbed' },
  P12: { naive: 'aggregating rows', limit: '20 ms; 150 ms' },
  P13: { naive: 'rows, with their index', limit: 'the file' },
  P14: { naive: '–', limit: '60 s' },
  READINGS: { naive: 'an INSERT a reading', limit: '`insert … select`' },
  API: { naive: 'every reading', limit: '100 ms; 300 ms; 100 KB' },
};
