import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '@mycelium/config/folders';
import { type Plan, profiles, type ReadingOptions } from '@mycelium/loggers';
import { wrongUsage } from './command-errors.ts';

/** The part of the options that is kept for the next file of the same logger. */
type Saved = Omit<ReadingOptions, 'timeZone' | 'unitOf' | 'room'>;

const isShipped = (name: string) => name === 'none' || profiles.some((profile) => profile.name === name);

/** Keeps how a file was read. The room's name in a device's name is kept as `{room}`. */
export async function saveProfile(home: string, name: string, plan: Plan): Promise<string> {
  if (!/^[\w.-]{1,64}$/.test(name) || isShipped(name)) {
    throw wrongUsage(
      `--save-profile ${name}: use letters, digits, "_", "." and "-", and not the name of a shipped profile.`,
    );
  }
  const { timeZone: _, unitOf: __, room: ___, ...options } = plan.options;
  const saved: Saved = {
    ...options,
    ...(plan.form === 'wide' && { timeColumns: [plan.time.columns.join('+')] }),
    ...(plan.time.format && !plan.time.hhmm && { timeFormat: plan.time.format }),
    maps: plan.columns.map(({ name: column, point, unit }) => {
      const device = point.device.endsWith(`_${point.room}`)
        ? `${point.device.slice(0, -point.room.length)}{room}`
        : point.device;
      return `${column}=${device}.${point.point}${unit ? `:${unit}` : ''}`;
    }),
  };
  const folder = join(home, 'profiles');
  await makeFolders(folder);
  const file = join(folder, `${name}.json`);
  await writeFile(file, `${JSON.stringify(saved, null, 2)}\n`);
  return file;
}

/** The options of `--profile NAME`: those of a saved profile, or the name of a shipped one. */
export async function loadProfile(home: string, name: string, room: string | undefined): Promise<Saved> {
  if (isShipped(name)) return { profile: name };
  const folder = join(home, 'profiles');
  const text = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => undefined);
  if (text === undefined) {
    const saved = (await readdir(folder).catch(() => [])).map((file) => file.replace(/\.json$/, ''));
    const names = [...saved, ...profiles.map((profile) => profile.name)].join(', ');
    throw wrongUsage(`There is no profile "${name}". Profiles are ${names}, and none.`);
  }
  const saved = JSON.parse(text) as Saved;
  return room ? { ...saved, maps: saved.maps?.map((map) => map.replaceAll('{room}', room)) ?? [] } : saved;
}
