import type { Plan } from './plan.ts';

/** The options with which a plan is made again, as a list of arguments without the file. */
export function planArguments(plan: Plan): string[] {
  const { options, time, layout, text, form, profile } = plan;
  const args: string[] = [];
  const add = (name: string, value: string | number | undefined) => {
    if (value !== undefined) args.push(name, String(value));
  };
  add('--room', options.room);
  if (options.profile) add('--profile', options.profile);
  if (text.encoding.by === 'option') add('--encoding', text.encoding.encoding);
  add('--header-line', options.headerLine);
  if (options.separator !== undefined)
    add('--separator', layout.separator === '\t' ? 'tab' : layout.separator);
  if (form === 'wide' && !profile) add('--time-column', time.columns.join('+'));
  if (time.format && !time.hhmm) add('--time-format', time.format);
  if (time.zoneFrom === 'option') add('--zone', time.zone);
  add('--decimal', options.decimal);
  add('--repeated-hour', options.repeatedHour);
  for (const word of options.missing ?? []) add('--missing', word);
  for (const { name, point, unit } of plan.columns) {
    add('--map', `${name}=${point.device}.${point.point}${unit ? `:${unit}` : ''}`);
  }
  return args;
}

/** A command line for a POSIX shell, an option per line. */
export function commandLine(file: string, args: readonly string[]): string {
  const quote = (text: string) => (/^[\w./:+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const lines = [`mycelium import readings ${quote(file)}`];
  for (let n = 0; n < args.length; n += 2) lines.push(`${args[n]} ${quote(args[n + 1] as string)}`);
  return lines.join(' \\\n    ');
}
