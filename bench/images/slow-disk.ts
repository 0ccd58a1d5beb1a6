// Loaded before the worker (--import …?folder=…&delay=…): the disk under that folder answers so many milliseconds
// late, and nothing else does.
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';

const told = new URL(import.meta.url).searchParams;
const [folder, delay] = [told.get('folder') ?? '', Number(told.get('delay'))];
const { open } = files;
files.open = async (path, ...rest) => {
  if (String(path).startsWith(folder)) await wait(delay);
  return open(path, ...rest);
};
syncBuiltinESMExports();
