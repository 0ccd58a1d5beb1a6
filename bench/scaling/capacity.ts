/**
 * `node bench/scaling/capacity.ts`: what farms of a given number and size need, computed from figures.ts. It prints the
 * tables of docs/scaling.md (test/scaling.test.ts).
 */
import { figures, prices } from './figures.ts';

export interface Step {
  farms: number;
  /** The figures of one farm. */
  imagesPerDay: number;
}

const day = 86_400;
/** The rooms of a farm, and what the sensors and controllers of a room write in a day, as on the demo farm. */
const rooms = 4;
const readingsPerRoom = 3 * 1_440 + 36 * 288;
const batchSize = 20;
/** The nightly run may take six hours; plan for half of that. */
const window = 3 * 3_600;
const keptDays = 90;
/** Days whose readings are not settled yet, with today. */
const hotDays = 4;

export const steps: Step[] = [
  { farms: 1, imagesPerDay: 96 },
  { farms: 10, imagesPerDay: 96 },
  { farms: 100, imagesPerDay: 96 },
  { farms: 1_000, imagesPerDay: 96 },
  { farms: 10_000, imagesPerDay: 96 },
  { farms: 10_000, imagesPerDay: 8_640 },
];

/** The load on each component. Cores are of the kind that figures.ts was measured on. */
export function capacity({ farms, imagesPerDay }: Step) {
  const images = farms * imagesPerDay;
  const readings = farms * rooms * readingsPerRoom;
  const nightly = images / window;
  const spread = images / day;
  const vectors = images * keptDays;
  return {
    images,
    nightly,
    spread,
    batches: images / batchSize,
    backlogBytes: (images / batchSize) * figures.bytesPerWaitingBatch,
    commands: nightly * figures.redisCommandsPerImage,
    redisCores: nightly * figures.redisSecondsPerImage,
    postgresCores: nightly * figures.postgresSecondsPerImage,
    decodeCores: nightly * figures.decodeSecondsPerImage,
    modelCores: nightly * figures.inferSecondsPerImage,
    gpus: nightly / figures.imagesPerGpuSecond,
    vectors,
    rowBytes: vectors * figures.rowBytesPerImage,
    indexBytes: vectors * figures.indexBytesPerImage,
    readings,
    readingsPerSecond: readings / day,
    hotBytes: readings * hotDays * figures.bytesPerReading,
    settledBytes: readings * (keptDays - hotDays) * figures.bytesPerSettledReading,
  };
}

/** Dollars per month, billed by the hour: work takes the same core hours by day or by night. */
export function cost(step: Step) {
  const needed = capacity(step);
  const monthly = 30 * needed.images;
  const hours = (seconds: number) => (monthly * seconds) / 3_600;
  return {
    workers:
      hours(figures.decodeSecondsPerImage) * prices.coreHour +
      hours(1 / figures.imagesPerGpuSecond) * prices.gpuHour,
    workersOnCpu: hours(figures.decodeSecondsPerImage + figures.inferSecondsPerImage) * prices.coreHour,
    database:
      ((needed.rowBytes + needed.indexBytes + needed.hotBytes + needed.settledBytes) / 1e9) *
        prices.ssdGigabyteMonth +
      (needed.indexBytes / 1e9) * prices.memoryGigabyteMonth,
    images: ((needed.images * keptDays * figures.bytesPerPhotograph) / 1e9) * prices.objectGigabyteMonth,
  };
}

/** The measured cost of one image and one reading. */
function unitCosts(): string {
  const milliseconds = (seconds: number) => `${short(seconds * 1_000)} ms`;
  return table(
    ['', 'an image', 'a reading', 'settled'],
    [
      ['Redis commands', short(figures.redisCommandsPerImage), '–', '–'],
      ['Redis core', milliseconds(figures.redisSecondsPerImage), '–', '–'],
      ['Redis memory, while its batch waits', bytes(figures.bytesPerWaitingBatch / batchSize), '–', '–'],
      [
        'PostgreSQL core',
        milliseconds(figures.postgresSecondsPerImage),
        milliseconds(figures.postgresSecondsPerReading),
        milliseconds(figures.postgresSecondsPerSettledReading),
      ],
      [
        'PostgreSQL rows',
        bytes(figures.rowBytesPerImage),
        bytes(figures.bytesPerReading),
        bytes(figures.bytesPerSettledReading),
      ],
      ['PostgreSQL index of 600 vectors', bytes(figures.indexBytesPerImage), '–', '–'],
      ['worker core, decoding', milliseconds(figures.decodeSecondsPerImage), '–', '–'],
      ['worker core, model in q8', milliseconds(figures.inferSecondsPerImage), '–', '–'],
    ],
  );
}

export function report(): string {
  const needs = steps.map((step) => ({ step, ...capacity(step) }));
  const work = table(
    [
      'farms × images a day',
      'images/s, spread',
      'at night',
      'batches',
      'their Redis',
      'commands/s',
      'Redis cores',
      'PostgreSQL cores',
      'cores: decoding',
      'model on CPUs',
      'or GPUs',
    ],
    needs.map((need) => [
      name(need.step),
      short(need.spread),
      short(need.nightly),
      short(need.batches),
      bytes(need.backlogBytes),
      short(need.commands),
      short(need.redisCores),
      short(need.postgresCores),
      short(need.decodeCores),
      short(need.modelCores),
      short(need.gpus),
    ]),
  );
  const data = table(
    [
      'farms × images a day',
      'vectors',
      'rows',
      'index',
      'readings a day',
      'readings/s',
      'as rows',
      'settled',
    ],
    needs.map((need) => [
      name(need.step),
      short(need.vectors),
      bytes(need.rowBytes),
      bytes(need.indexBytes),
      short(need.readings),
      short(need.readingsPerSecond),
      bytes(need.hotBytes),
      bytes(need.settledBytes),
    ]),
  );
  const money = table(
    ['farms × images a day', 'workers, GPU', 'workers, CPU', 'database', 'photographs'],
    steps.map((step) => {
      const { workers, workersOnCpu, database, images } = cost(step);
      return [
        name(step),
        ...[workers, workersOnCpu, database, images].map((dollars) => `$${short(dollars)}`),
      ];
    }),
  );
  return [
    '### Measured cost',
    unitCosts(),
    '### Work, when a night’s images are done in 3 hours',
    work,
    `### Data, kept for ${keptDays} days`,
    data,
    '### Money, a month',
    money,
  ].join('\n\n');
}

const name = ({ farms, imagesPerDay }: Step) => `${short(farms)} × ${short(imagesPerDay)}`;

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---:'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Two significant digits, and words for large numbers. */
function short(value: number): string {
  const unit = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e4, ' k'],
  ].find(([least]) => value >= (least as number));
  const divisor = unit ? (unit[1] === ' k' ? 1e3 : (unit[0] as number)) : 1;
  const digits = Number((value / divisor).toPrecision(2));
  return `${value < 0.01 ? '<0.01' : digits.toLocaleString('en')}${unit?.[1] ?? ''}`;
}

function bytes(value: number): string {
  if (value < 1_000) return `${short(value)} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  const n = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(value) / 3) - 1));
  return `${Number((value / 1_000 ** (n + 1)).toPrecision(2)).toLocaleString('en')} ${units[n]}`;
}

if (import.meta.main) console.log(report());
