import type { ImplausibleTime } from '@mycelium/farm';
import {
  commandLine,
  createFileReader,
  type FileReport,
  type Plan,
  planArguments,
  type TimeJudge,
} from '@mycelium/loggers';
import type { Output } from './output.ts';

/** What an import of a file would do. Reads the whole file, and stores nothing. */
interface Preview {
  file: string;
  plan: Plan;
  report: FileReport;
  /** Seconds between readings, if they are regular enough to say. */
  cadence?: number | undefined;
}

export async function previewReadings(file: string, plan: Plan, judge: TimeJudge): Promise<Preview> {
  const reader = createFileReader(plan, judge);
  const times: number[] = [];
  const [first] = plan.columns;
  for await (const { line, lines } of plan.text.blocks()) {
    for (const { point, time } of reader.read(line, lines)) {
      if (times.length < 2_000 && (!first || point === first.point)) times.push(time);
    }
  }
  reader.end();
  const steps = times.slice(1).map((time, n) => Math.abs(time - (times[n] as number)));
  const moving = steps.filter((step) => step > 0).sort((a, b) => a - b);
  const usual = moving[Math.floor(moving.length / 2)];
  return { file, plan, report: reader.report, cadence: usual === undefined ? undefined : usual / 1_000 };
}

const separators: Record<string, string> = { '\t': 'tab', ',': 'comma', ';': 'semicolon', '|': 'pipe' };
const zoneSource = {
  option: '--zone',
  header: 'from the header',
  profile: 'by the profile',
  farm: "the farm's",
};

/** Prints what a file is, how it would be read, and the command that reads it so. */
export function printPreview({ file, plan, report, cadence }: Preview, output: Output): void {
  const { layout, text, time } = plan;
  const packing = text.packing === 'none' ? '' : `, ${text.packing}`;
  const decimals = new Set(
    plan.form === 'wide' ? plan.columns.map(({ numbers }) => numbers.decimal) : [plan.numbers.decimal],
  );
  const facts: [string, string][] = [
    ['encoding', `${text.encoding.encoding} (${text.encoding.by})${packing}`],
    [
      'separator',
      `${separators[layout.separator] ?? layout.separator}${layout.trailing ? ', also at the end of lines' : ''}`,
    ],
    [
      'decimal sign',
      [...decimals].map((sign) => (sign === ',' ? 'comma' : 'point')).join(' and ') || 'point',
    ],
    ['header', `line ${layout.headerLine}, data from line ${layout.dataLine}`],
    ...layout.titles.map((title): [string, string] => ['before it', title.slice(0, 60)]),
    ...layout.skipped.map((line): [string, string] => ['after it', line.slice(0, 60)]),
    ['kind', plan.profile ? `${plan.profile.title} (profile ${plan.profile.name})` : kinds[plan.form]],
    ['times', `${time.columns.join(' + ')}, ${time.format ?? 'ISO 8601'}`],
    ['zone', `${time.zone} (${zoneSource[time.zoneFrom]})`],
    ...(cadence === undefined ? [] : [['every', interval(cadence)] as [string, string]]),
  ];
  output.line(file);
  for (const [name, value] of facts) output.line(`  ${name.padEnd(13)} ${value}`);
  output.line();
  output.table(
    ['COLUMN', 'POINT', 'UNIT', 'READINGS', 'FIRST VALUES'],
    report.columns.map(({ name, point, readings, conversion }) => {
      const planned = plan.columns.find((column) => column.name === name);
      const unit = conversion?.replace(' to ', ' → ') ?? planned?.unit ?? '';
      return [name, `${point.device}.${point.point}`, unit, readings, planned?.samples.join('  ') ?? ''];
    }),
    ['FIRST VALUES'],
  );
  printNotes(report, plan, output);
  output.line();
  if (plan.open.length === 0 && plan.form !== 'long') {
    output.line('The same as a command:');
    output.line(`  ${commandLine(file, planArguments(plan))}`);
  }
}

/** A preview as data, for --json. */
export function previewData({ file, plan, report, cadence }: Preview) {
  const { form, time, layout, assumed, open, text } = plan;
  const profile = plan.profile?.name;
  const { encoding, packing } = text;
  const command = planArguments(plan);
  return {
    file,
    form,
    profile,
    encoding,
    packing,
    layout,
    time,
    cadence,
    notRead: plan.unread,
    assumed,
    open,
    command,
    ...report,
  };
}

const kinds = {
  long: 'long: a row per reading',
  wide: 'wide: a column per point',
  series: 'a row per reading, named by its series',
};

function interval(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** What was left out, taken for granted, and must be decided. */
function printNotes(report: FileReport, plan: Plan, output: Output): void {
  if (plan.unread.length > 0) output.line(`  not read: ${plan.unread.join(', ')}`);
  printCounts(report, output);
  for (const assumption of plan.assumed) output.line(`  ${assumption}`);
  for (const { line, reason } of report.bad.slice(0, 5)) output.warn(`  line ${line}: ${reason}`);
  if (report.badLines > 5) output.warn(`  and ${report.badLines - 5} more bad lines`);
  for (const question of plan.open) output.warn(`  to decide: ${question}`);
}

/** Per column: words for nothing, values left out, and conversions. Both the preview and the import print this. */
export function printCounts(
  { columns, unread, repeatedHour }: Pick<FileReport, 'columns' | 'unread' | 'repeatedHour'>,
  output: Output,
): void {
  for (const {
    name,
    nothing,
    leftOut,
    implausible,
    converted,
    conversion,
    sameInstant,
    readings,
  } of columns) {
    const words = list(nothing, (word) => (word === '' ? 'empty' : `"${word}"`));
    if (words) output.line(`  ${name}: no reading: ${words}`);
    if (converted > 0)
      output.line(`  ${name}: ${converted} converted${conversion ? ` from ${conversion}` : ''}`);
    const times = list(implausible, (reason) => implausibleReasons[reason as ImplausibleTime]);
    if (times) {
      output.warn(`  ${name}: quarantined for their time: ${times}; mycelium quarantine readings lists them`);
    }
    const reasons = list(leftOut, (reason) => reason);
    if (reasons) output.warn(`  ${name}: left out: ${reasons}`);
    if (sameInstant > 2 && sameInstant * 10 > readings) {
      output.warn(
        `  ${name}: ${sameInstant} of ${readings} readings are at the instant of the one before and replace it. Do the times lack their hours or minutes (--time-column Date+Time), or is this several devices?`,
      );
    }
  }
  if (repeatedHour > 0) {
    output.line(`  ${repeatedHour} lines of an hour that occurs twice were placed by the lines around them`);
  }
  const series = list(unread, (name) => name);
  if (series) output.line(`  not mapped: ${series}`);
}

const implausibleReasons: Record<ImplausibleTime, string> = {
  ahead: "ahead of this machine's clock (READING_MAX_AHEAD_HOURS)",
  'before-farm': "before the farm's first day (FARM_FIRST_DAY)",
};

function list(counts: Record<string, number>, label: (key: string) => string): string {
  const all = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const shown = all.slice(0, 8).map(([key, n]) => `${n} ${label(key)}`);
  return [...shown, ...(all.length > 8 ? [`and ${all.length - 8} more`] : [])].join(', ');
}
