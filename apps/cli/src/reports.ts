import type { Result } from '@mycelium/queue';
import type { Followed } from './follow-run.ts';
import type { Output } from './output.ts';

/** How a run ended, as people read it. */
export function printRun(output: Output, run: Followed): void {
  output.line();
  if (run.status !== 'succeeded') output.warn(`${run.job}: ${run.error}`);
  else if (run.job === 'create_tables') printTables(output, run.report as Result<'create_tables'>);
  else if (run.job === 'daily_env_stats') printEnvStats(output, run.report as Result<'daily_env_stats'>);
  else if (run.job === 'hourly_setpoint_monitoring') {
    printSetpoints(output, run.report as Result<'hourly_setpoint_monitoring'>);
  } else if (run.job === 'daily_clip_inference' || run.job === 'embed_images') {
    printImages(output, run.report as Result<'embed_images'>);
  } else output.line(`${run.job} of ${run.slot.toISOString()}: ${JSON.stringify(run.report)}`);
}

function printTables(output: Output, { tables, postgres, pgvector }: Result<'create_tables'>) {
  output.line(`create_tables: ${tables} tables are there; PostgreSQL ${postgres}, pgvector ${pgvector}`);
}

function printEnvStats(output: Output, report: Result<'daily_env_stats'>) {
  output.line(`Environment of ${report.day}: ${report.written} rows written`);
  const metric = (room: (typeof report.rooms)[number], name: string) => room.metrics[name];
  output.table(
    ['room', 'mean T °C', 'mean RH %', 'mean CO2 ppm', 'readings', 'expected', 'coverage'],
    report.rooms.map((room) => {
      const metrics = Object.values(room.metrics);
      const count = sum(metrics.map((one) => one.count));
      const expected = sum(metrics.map((one) => one.expectedCount));
      return [
        room.room,
        metric(room, 'temperature')?.mean.toFixed(1),
        metric(room, 'humidity')?.mean.toFixed(1),
        metric(room, 'co2')?.mean.toFixed(0),
        count,
        expected,
        percent(expected > 0 ? count / expected : null),
      ];
    }),
  );
  if (report.noData.length > 0) output.warn(`no readings: ${report.noData.join(', ')}`);
  printFailedRooms(output, report.failed);
}

function printSetpoints(output: Output, report: Result<'hourly_setpoint_monitoring'>) {
  output.line(`Setpoint changes up to ${report.to}: ${report.changes}`);
  output.table(
    ['room', 'looked at from', 'changes'],
    report.rooms.map(({ room, from, changes }) => [room, from ?? 'the first reading', changes]),
  );
  const changed = report.rooms.flatMap(({ room, points }) => points.map((point) => ({ room, ...point })));
  if (changed.length > 0) {
    output.table(
      ['room', 'point', 'changes', 'from', 'to'],
      changed.map(({ room, name, changes, previous, value, flapping }) => [
        room,
        name,
        flapping ? `${changes}, flapping` : changes,
        previous,
        value,
      ]),
    );
  }
  printFailedRooms(output, report.failed);
}

export function printImages(output: Output, report: Result<'embed_images'>) {
  const { total, succeeded, failed, skipped } = report;
  output.line(
    `Images${report.day ? ` of ${report.day}` : ''}, model ${report.model}${report.saved ? '' : ', nothing saved'}`,
  );
  output.table(
    ['room', 'total', 'succeeded', 'failed', 'skipped', 'success rate'],
    [
      ...Object.entries(report.rooms).map(([room, of]) => [
        room,
        of.total,
        of.succeeded,
        of.failed,
        of.skipped,
        successRate(of),
      ]),
      ['all', total, succeeded, failed, skipped, percent(report.successRate)],
    ],
  );
  const { images, embeddings, quarantined } = report.database;
  output.line(
    `  took ${report.seconds.toFixed(1)} s; the database holds ${images} images, ${embeddings} vectors, ${quarantined} set aside`,
  );
}

function successRate({ succeeded, failed }: { succeeded: number; failed: number }): string {
  return percent(succeeded + failed > 0 ? succeeded / (succeeded + failed) : null);
}

function printFailedRooms(output: Output, failed: { room: string; error: string }[]) {
  for (const { room, error } of failed) output.warn(`room ${room} failed: ${error}`);
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
