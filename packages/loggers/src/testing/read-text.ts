import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePlan } from '../plan/make-plan.ts';
import type { ReadingOptions } from '../plan/options.ts';
import { createFileReader } from '../reader/read-file.ts';

const units: Record<string, string> = {
  temperature: '°C',
  humidity: '%',
  co2: 'ppm',
  temp_set: '°C',
  on: 'min',
};

/** Reads a text as if it were a file of room 611. `values` are `POINT TIME VALUE` in order of the file. */
export async function readText(text: string | Uint8Array, options: Partial<ReadingOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-loggers-'));
  try {
    const file = join(folder, 'file.csv');
    await writeFile(file, text);
    const unitOf = ({ point }: { point: string }) => units[point];
    const plan = await makePlan(file, { timeZone: 'UTC', room: '611', unitOf, ...options });
    const reader = createFileReader(plan);
    const found = [];
    for await (const block of plan.text.blocks()) found.push(...reader.read(block.line, block.lines));
    found.push(...reader.end());
    const values = found.map(
      ({ point, time, value }) =>
        `${point.point} ${new Date(time).toISOString().replace('.000Z', 'Z')} ${value}`,
    );
    return { plan, found, values, report: reader.report };
  } finally {
    await rm(folder, { recursive: true });
  }
}
