// Loaded before the worker (--import …?folder=…&delay=…): delays reads in that folder by the given milliseconds, and
// nothing else.
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';

const options = new URL(import.meta.url).searchParams;
const [folder, delay] = [options.get('folder') ?? '', Number(options.get('delay'))];
const { open } = files;
files.open = async (path, ...rest) => {
  if (String(path).startsWith(folder)) await wait(delay);
  return open(path, ...rest);
};
syncBuiltinESMExports();
